"""Mounts are named after formats, and a name that cannot be made is refused with words."""

from __future__ import annotations

import pytest

from renderer.formats import FORMATS, mount_path, parse_mount


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_a_mount_too(name: str) -> None:
    assert parse_mount(name) == (FORMATS[name], None)


@pytest.mark.parametrize(
    ("name", "kbps"), [("mp3-64", 64), ("opus-tagged-32", 32), ("aac-320", 320)]
)
def test_a_mount_may_have_a_bitrate_of_its_own(name: str, kbps: int) -> None:
    assert parse_mount(name)[1] == kbps


@pytest.mark.parametrize("name", ["mp3-63", "opus-257", "aac-31", "mp3-", "mp3-٦٤", "flac-128"])
def test_a_bitrate_that_cannot_be_made_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot have"):
        parse_mount(name)


@pytest.mark.parametrize("name", ["wav", "", "-64", "opus-loud", "mp3-64-64"])
def test_an_unknown_mount_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"no format|cannot have"):
        parse_mount(name)


def test_no_two_mounts_have_the_same_path() -> None:
    names = [*FORMATS, "mp3-64", "opus-64", "opus-tagged-64", "aac-64"]
    assert len({mount_path(name) for name in names}) == len(names)


def test_a_path_ends_as_players_expect() -> None:
    assert mount_path("opus-tagged-64") == "stream-tagged-64.opus"
