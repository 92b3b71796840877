"""Download checkpoints; what was cut off goes on where it stopped.

A file grows as NAME.partial. NAME.origin keeps where it is from and the server's word for its
version (ETag, or the time of its last change), so that two versions are never joined and a file
that is whole is not fetched again.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

from tqdm import tqdm

from generators.errors import WeightsError
from generators.magenta.source import ARCHIVES
from generators.magenta.tfjs import MANIFEST, plain_name

_TIMEOUT_SECONDS = 30
_CHUNK_BYTES = 1 << 18
_ATTEMPTS = 5  # each goes on from the last
_CONFIG = "config.json"

_Outcome = Literal["whole", "cut off", "changed"]


class NotThere(WeightsError):
    """The server has no such file."""


@dataclass(frozen=True, slots=True)
class _Origin:
    url: str
    etag: str | None
    modified: str | None
    size: int | None  # bytes; None: the server does not say

    @property
    def version(self) -> str | None:
        """By which a server knows that the rest of a file belongs to its beginning."""
        if self.etag is not None:
            return None if self.etag.startswith("W/") else self.etag
        return self.modified


def is_url(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def download(url: str, into: Path, *, quiet: bool = False) -> Path:
    """Fetch an archive, or a magenta-js folder with its configuration, manifest and shards.

    Args:
        url: of an archive (it ends in .tar, .tar.gz or the like), of a folder, or of the
            `weights_manifest.json` in it.
        into: the folder to put it in, under its own name.

    Returns:
        The archive's file, or the folder.

    Raises:
        WeightsError: the server cannot be reached, has no such file, or let go too often.
    """
    url = url.removesuffix(MANIFEST).rstrip("/")
    try:
        name = plain_name(unquote(urlsplit(url).path.rpartition("/")[2]))
    except ValueError as error:
        raise WeightsError(f"{url} names no file and no folder") from error
    if name.endswith(ARCHIVES):
        return fetch(url, into / name, quiet=quiet)
    folder = into / name
    manifest = fetch(f"{url}/{MANIFEST}", folder / MANIFEST, quiet=quiet)
    try:
        shards = [
            plain_name(path)
            for group in json.loads(manifest.read_bytes())
            for path in group["paths"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{url}/{MANIFEST} is not a manifest: {error!r}") from error
    with suppress(NotThere):  # it says how long the music is; --config can say so too
        fetch(f"{url}/{_CONFIG}", folder / _CONFIG, quiet=quiet)
    for shard in shards:
        fetch(f"{url}/{shard}", folder / shard, quiet=quiet)
    return folder


def fetch(url: str, path: Path, *, quiet: bool = False) -> Path:
    """Fetch one file, or what is left of it.

    Raises:
        WeightsError: as for `download`.
    """
    outcome: _Outcome = "cut off"
    for _ in range(_ATTEMPTS):
        try:
            outcome = _attempt(url, path, quiet)
        except HTTPError as error:
            error.close()
            kind = NotThere if error.code == 404 else WeightsError
            raise kind(f"cannot download {url}: {error.code} {error.reason}") from error
        except URLError as error:
            raise WeightsError(
                f"cannot download {url}: {error.reason}. Is the network there?"
            ) from error
        except (ConnectionError, TimeoutError, ssl.SSLError, http.client.HTTPException):
            outcome = "cut off"
        except OSError as error:
            raise WeightsError(f"cannot write {path}: {error}") from error
        if outcome == "whole":
            return path
    partial = _partial(path)
    size = partial.stat().st_size if partial.exists() else 0
    raise WeightsError(
        f"the download of {url} was {outcome} {_ATTEMPTS} times, at last after {size:,} bytes; "
        "the same command goes on from there"
    )


def _attempt(url: str, path: Path, quiet: bool) -> _Outcome:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial, origin = _partial(path), _read_origin(path, url)
    request = Request(url)
    here = 0
    if origin is None:
        pass
    elif partial.exists():  # it is what the origin speaks of, whatever lies at `path`
        if partial.stat().st_size == origin.size:  # stopped just before it got its name
            partial.replace(path)
            return "changed"
        if origin.version is not None:
            here = partial.stat().st_size
            request.add_header("Range", f"bytes={here}-")
            request.add_header("If-Range", origin.version)
    elif path.exists() and path.stat().st_size == origin.size:
        if origin.etag is not None:
            request.add_header("If-None-Match", origin.etag)
        elif origin.modified is not None:
            request.add_header("If-Modified-Since", origin.modified)
    try:
        response = urlopen(request, timeout=_TIMEOUT_SECONDS)
    except HTTPError as error:
        if error.code == 304:  # not changed since it was fetched
            error.close()
            return "whole"
        if error.code == 416 and here:  # there is no rest: the file is another one by now
            error.close()
            partial.unlink()
            return "changed"
        raise
    with response:
        if response.status == 206:
            start, size = _range(response.headers.get("Content-Range", ""))
            if origin is None or (start, size) != (here, origin.size):
                partial.unlink(missing_ok=True)
                return "changed"
        else:  # the whole file: the server keeps no ranges, or has another version
            here = 0
            length = response.headers.get("Content-Length")
            size = int(length) if length is not None else None
            tag, modified = (response.headers.get(name) for name in ("ETag", "Last-Modified"))
            partial.write_bytes(b"")  # before the origin speaks of it
            _write_origin(path, _Origin(url, tag, modified, size))
        _copy(response, partial, here, size, quiet)
    if size is not None and partial.stat().st_size != size:
        return "cut off"
    partial.replace(path)
    return "whole"


def _copy(
    response: http.client.HTTPResponse, partial: Path, here: int, size: int | None, quiet: bool
) -> None:
    with (
        partial.open("ab" if here else "wb") as file,
        tqdm(
            initial=here,
            total=size,
            unit="B",
            unit_scale=True,
            disable=quiet,
            desc=partial.name.removesuffix(".partial"),
        ) as progress,
    ):
        while chunk := response.read(_CHUNK_BYTES):
            file.write(chunk)
            progress.update(len(chunk))


def _range(text: str) -> tuple[int, int | None]:
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (-1, None)


def _partial(path: Path) -> Path:
    return path.with_name(path.name + ".partial")


def _origin_file(path: Path) -> Path:
    return path.with_name(path.name + ".origin")


def _read_origin(path: Path, url: str) -> _Origin | None:
    try:
        origin = _Origin(**json.loads(_origin_file(path).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
    return origin if origin.url == url else None


def _write_origin(path: Path, origin: _Origin) -> None:
    _origin_file(path).write_text(json.dumps(asdict(origin)) + "\n")
