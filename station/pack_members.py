"""What is in a pack, a ZIP file with a station to be set up elsewhere; and how it is read safely.

    station.toml           the settings in force, without those of the machine
    archive.jsonl          the archive: see storage.exchange
    public-keys.json       what the station's statements are checked with
    models/ROLE/…          with --with-models
    soundfonts/NAME.…      with --with-fonts: those of the library, which have a licence
    secrets/…              with --with-secrets
    manifest.json          the version, what was left out, and each member's size and sha256

A pack may come from anybody. Nothing is written before every member was found to be what the
manifest says, under a plain name, of a size that was said and that deflate can have made.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from station.errors import PackError

FORMAT = "latentfm-pack"
VERSION = 1
MANIFEST = "manifest.json"
CONFIG = "station.toml"
ARCHIVE = "archive.jsonl"
PUBLIC_KEYS = "public-keys.json"
MODELS = "models/"
SOUNDFONTS = "soundfonts/"
SECRETS = "secrets/"

MOST_MEMBERS = 10_000
MOST_MANIFEST_BYTES = 16 << 20
MOST_RATIO = 100  # of deflate: text of notes comes to 10, and 1,032 is the most there can be
_SMALL_BYTES = 1 << 20  # no bomb, whatever its ratio
_BLOCK_BYTES = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,2}")
_LINK = 0o120000
_TYPE = 0o170000

Progress = Callable[[int], object]  # is told how many bytes more are done


class Pack:
    """A pack that was found whole."""

    def __init__(self, path: Path, progress: Progress = lambda _: None) -> None:
        """Open and check it, to the last byte.

        Raises:
            PackError: it is torn, altered, newer, or not to be trusted.
        """
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
            raise PackError(path, f"it cannot be read as a pack: {error}") from error
        try:
            self._infos = self._listed()
            self.manifest = self._read_manifest()
            self.sha256 = hashlib.sha256(self.read(MANIFEST)).hexdigest()  # has all the others
            self._check(progress)
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Pack:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    @property
    def size_bytes(self) -> int:
        """Of all members, unpacked."""
        return sum(info.file_size for info in self._infos.values())

    def names(self, folder: str = "") -> tuple[str, ...]:
        """Of the members in a folder of the pack; but the manifest."""
        return tuple(name for name in self._members if name.startswith(folder))

    def read(self, name: str) -> bytes:
        """A small member.

        Raises:
            PackError: there is none, or it is large.
        """
        info = self._infos.get(name)
        if info is None or info.file_size > MOST_MANIFEST_BYTES:
            raise PackError(self.path, f"it has no {name} of a size that one has")
        return b"".join(self._blocks(name))

    def extract(self, name: str, to: Path, mode: int) -> None:
        """Write a member to a file of its own, which only so many may read.

        Raises:
            OSError: it cannot be written.
        """
        to.parent.mkdir(parents=True, exist_ok=True)
        to.unlink(missing_ok=True)
        with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            for block in self._blocks(name):
                file.write(block)

    @property
    def _members(self) -> Mapping[str, Any]:
        members: Mapping[str, Any] = self.manifest["members"]
        return members

    def _listed(self) -> dict[str, zipfile.ZipInfo]:
        """The members by name, none of which is a trap."""
        infos = self._zip.infolist()
        if len(infos) > MOST_MEMBERS:
            raise PackError(self.path, f"it has {len(infos)} members, more than any pack has")
        found: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            if reason := _not_to_be_trusted(info):
                raise PackError(self.path, f"{info.filename!r} {reason}")
            if info.filename in found:
                raise PackError(self.path, f"{info.filename!r} is in it twice")
            found[info.filename] = info
        if sum(info.compress_size for info in infos) > self.path.stat().st_size:
            raise PackError(self.path, "its members lie over each other")
        return found

    def _read_manifest(self) -> dict[str, Any]:
        if MANIFEST not in self._infos:
            raise PackError(self.path, f"it has no {MANIFEST}: this is no pack of Latent FM")
        data = self.read(MANIFEST)
        try:
            manifest = json.loads(data)
            if manifest["format"] != FORMAT:
                raise ValueError(f"its format is {manifest['format']!r}")
            if int(manifest["version"]) > VERSION:
                raise PackError(
                    self.path,
                    f"a newer Latent FM made it (version {manifest['version']}, this one reads "
                    f"{VERSION})",
                )
            for member in manifest["members"].values():
                int(member["bytes"]), str(member["sha256"])
            return dict(manifest)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise PackError(self.path, f"its {MANIFEST} is none: {error!r}") from error

    def _check(self, progress: Progress) -> None:
        if strays := set(self._members) ^ (set(self._infos) - {MANIFEST}):
            raise PackError(
                self.path, f"{min(strays)!r} is in the pack or in its {MANIFEST}, and not in both"
            )
        for name, member in self._members.items():
            sha256 = hashlib.sha256()
            for block in self._blocks(name):
                sha256.update(block)
                progress(len(block))
            said = (member["bytes"], member["sha256"])
            if (self._infos[name].file_size, sha256.hexdigest()) != said:
                raise PackError(self.path, f"{name!r} is not what its {MANIFEST} says")

    def _blocks(self, name: str) -> Iterator[bytes]:
        """A member's content, never more of it than was said."""
        left = self._infos[name].file_size
        try:
            with self._zip.open(name) as file:
                while block := file.read(_BLOCK_BYTES):
                    left -= len(block)
                    if left < 0:
                        raise PackError(self.path, f"{name!r} is larger than it says")
                    yield block
        except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, zlib.error) as error:
            raise PackError(self.path, f"{name!r} is damaged: {error}") from error
        if left:
            raise PackError(self.path, f"{name!r} is smaller than it says")


class Packer:
    """Writes a pack. Equal contents give equal bytes."""

    def __init__(self, file: IO[bytes], progress: Progress = lambda _: None) -> None:
        self._zip = zipfile.ZipFile(file, "w", allowZip64=True)
        self._members: dict[str, dict[str, Any]] = {}
        self._progress = progress

    def add(self, name: str, data: bytes) -> None:
        with self._opened(name) as member:
            member.write(data)
        self._members[name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}

    def add_file(self, name: str, path: Path) -> None:
        """
        Raises:
            OSError: it cannot be read.
        """
        sha256, size = hashlib.sha256(), 0
        with path.open("rb") as file, self._opened(name) as member:
            while block := file.read(_BLOCK_BYTES):
                member.write(block)
                sha256.update(block)
                size += len(block)
                self._progress(len(block))
        self._members[name] = {"bytes": size, "sha256": sha256.hexdigest()}

    def finish(self, facts: Mapping[str, Any]) -> None:
        """Write the manifest, with what it says beside the members."""
        manifest = {"format": FORMAT, "version": VERSION, **facts, "members": self._members}
        with self._opened(MANIFEST) as member:
            member.write(json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n")
        self._zip.close()

    def close(self) -> None:
        self._zip.close()

    def _opened(self, name: str) -> IO[bytes]:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name that a pack can have")
        info = zipfile.ZipInfo(name)  # of 1980, whenever it is packed
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        return self._zip.open(info, "w", force_zip64=True)


def _not_to_be_trusted(info: zipfile.ZipInfo) -> str | None:
    if not _NAME.fullmatch(info.filename) or info.filename != info.orig_filename:
        return "is no name that a pack has"
    if (info.external_attr >> 16) & _TYPE == _LINK:
        return "is a link"
    if info.flag_bits & 1:
        return "is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is compressed in a way that no pack is"
    if info.file_size > max(_SMALL_BYTES, MOST_RATIO * info.compress_size):
        return "would grow a hundredfold: that is a bomb, not a pack"
    return None
