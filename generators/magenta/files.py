"""Where a checkpoint's files lie: in a folder, or in a tar that stays packed."""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

from generators.errors import WeightsError

CHUNK_BYTES = 1 << 20

# What Python raises when an archive ends too early or was altered.
_TORN = (tarfile.TarError, EOFError, zlib.error, OSError)


class Files:
    """Files in one folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            files = [file for file in sorted(path.iterdir()) if file.is_file()]
            self.sizes = {file.name: file.stat().st_size for file in files}  # bytes, by name
        except OSError as error:
            raise WeightsError(f"{path} cannot be read: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        pass

    def where(self, name: str) -> str:
        """The file as a person would look for it."""
        return str(self.path / name)

    def chunks(self, name: str, start: int, size: int) -> Iterator[bytes]:
        """`size` bytes of a file from `start` on, a chunk at a time.

        Raises:
            WeightsError: there are fewer.
        """
        try:
            with self._open(name) as file:
                file.seek(start)
                left = size
                while left:
                    chunk = file.read(min(CHUNK_BYTES, left))
                    if not chunk:
                        raise WeightsError(
                            f"{self.where(name)} is cut short: {size:,} bytes from {start:,} on "
                            f"were expected, {size - left:,} found. Fetch it again."
                        )
                    left -= len(chunk)
                    yield chunk
        except _TORN as error:
            raise WeightsError(f"{self.where(name)} cannot be read: {error}") from error

    def read(self, name: str) -> bytes:
        """The whole of a file: for small ones."""
        return b"".join(self.chunks(name, 0, self.sizes[name]))

    def hashes(self, names: list[str]) -> dict[str, str]:
        """sha256, by name, of the files a checkpoint was read from."""
        hashes = {}
        for name in names:
            digest = hashlib.sha256()
            for chunk in self.chunks(name, 0, self.sizes[name]):
                digest.update(chunk)
            hashes[name] = digest.hexdigest()
        return hashes

    def _open(self, name: str) -> IO[bytes]:
        return (self.path / name).open("rb")


class Archive(Files):
    """Files in a tar, packed or not. Names are as in the archive, folders included."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._tar = tarfile.open(path)  # noqa: SIM115 - closed by __exit__
        except _TORN as error:
            raise WeightsError(f"{path} is not a tar archive: {error}") from error
        try:
            self._members = {member.name: member for member in self._tar if _is_file(member)}
        except _TORN as error:
            self._tar.close()
            size = path.stat().st_size
            raise WeightsError(
                f"{path} ({size:,} bytes) is cut short or altered: {error}. Fetch it again."
            ) from error
        self.sizes = {name: member.size for name, member in self._members.items()}

    def __exit__(self, *raised: object) -> None:
        self._tar.close()

    def where(self, name: str) -> str:
        return f"{name} in {self.path}"

    def hashes(self, names: list[str]) -> dict[str, str]:
        with self.path.open("rb") as file:
            return {self.path.name: hashlib.file_digest(file, "sha256").hexdigest()}

    def _open(self, name: str) -> IO[bytes]:
        file = self._tar.extractfile(self._members[name])
        if file is None:  # only regular files were listed
            raise WeightsError(f"{self.where(name)} is not a file")
        return file


def _is_file(member: tarfile.TarInfo) -> bool:
    # A Mac puts a "._X" beside each X, with what its file system knows of it.
    return member.isfile() and not member.name.rpartition("/")[2].startswith("._")
