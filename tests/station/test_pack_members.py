"""Packs that somebody made to do harm, or that harm was done to."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from station.errors import PackError
from station.pack_members import MANIFEST, Pack
from tests.station.packs import write


def rewritten(path: Path, change: Callable[[zipfile.ZipInfo], None], name: str = "a") -> None:
    """The same pack, with one member's entry changed; its manifest stays."""
    with zipfile.ZipFile(path) as pack:
        members = [(info, pack.read(info)) for info in pack.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        for info, data in members:
            if info.filename == name:
                change(info)
            pack.writestr(info, data)


def renamed(to: str) -> Callable[[Path], None]:
    return lambda path: rewritten(path, lambda info: setattr(info, "filename", to))


def link(path: Path) -> None:
    rewritten(path, lambda info: setattr(info, "external_attr", 0o120777 << 16))


def twice(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as pack, pytest.warns(UserWarning, match="Duplicate"):
        pack.writestr("a", b"other")


def stray(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as pack:
        pack.writestr("b", b"other")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[60] ^= 1  # behind the first local header
    path.write_bytes(data)


TRAPS: dict[str, tuple[Callable[[Path], object], str]] = {
    "up and away": (renamed("../a"), "no name that a pack has"),
    "absolute": (renamed("/etc/a"), "no name that a pack has"),
    "another system's": (renamed("C:\\a"), "no name that a pack has"),
    "hidden": (renamed(".ssh/a"), "no name that a pack has"),
    "deep": (renamed("a/b/c/d"), "no name that a pack has"),
    "link": (link, "is a link"),
    "twice": (twice, "in it twice"),
    "stray": (stray, "not in both"),
    "missing": (renamed("b"), "not in both"),
    "cut": (cut, "cannot be read as a pack"),
    "flipped": (flipped, "is damaged"),
    "newer": (lambda path: write(path, {}, version=2), "newer Latent FM"),
    "something else": (lambda path: write(path, {}, format="x"), "its format is 'x'"),
    "bomb": (
        lambda path: write(path, {"archive.jsonl": bytes(9 << 20)}),
        "grow a hundredfold",
    ),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_pack_that_is_not_to_be_trusted_is_refused(tmp_path: Path, trap: str) -> None:
    set_trap, reason = TRAPS[trap]
    path = write(tmp_path / "x.latentfm", {"a": b"an honest member"})
    set_trap(path)
    with pytest.raises(PackError, match=reason):
        Pack(path)


def test_a_member_that_is_not_what_the_manifest_says_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x.latentfm", {"a": b"an honest member"})
    with zipfile.ZipFile(path) as pack:
        manifest = pack.read(MANIFEST)
    with zipfile.ZipFile(path, "w") as pack:
        pack.writestr("a", b"a changed member")
        pack.writestr(MANIFEST, manifest)
    with pytest.raises(PackError, match="'a' is not what"):
        Pack(path)
