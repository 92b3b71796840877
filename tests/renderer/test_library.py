"""The library of sound fonts: what it takes, what it refuses, and that it keeps nothing half."""

from __future__ import annotations

import json
import string
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer.copies import Progress
from renderer.errors import LibraryError, SynthError
from renderer.library import Library, name_from
from tests.tiny_font import write_font


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "data" / "soundfonts")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_font(tmp_path / "My Tiny (2).sf2")


def add(
    library: Library,
    file: Path,
    *,
    name: str | None = None,
    source: str = "",
    progress: Progress = lambda _: None,
) -> str:
    """Add a font that has a licence and credits."""
    return library.add(
        file, name=name, licence="CC0 1.0", credits="Ada", source=source, progress=progress
    )


def left_behind(library: Library) -> list[str]:
    return sorted(path.name for path in library.folder.glob("*")) if library.folder.exists() else []


def test_a_library_that_was_never_used_is_empty(library: Library) -> None:
    assert library.names() == ()


def test_a_font_that_was_added_is_there_with_its_card(library: Library, tiny: Path) -> None:
    name = add(library, tiny, source="Ada's site")
    font = library.font(name)
    assert (font.licence, font.credits, font.source) == ("CC0 1.0", "Ada", "Ada's site")
    assert font.path.read_bytes() == tiny.read_bytes()
    assert library.names() == (name,) == ("My-Tiny-2",)


def test_what_the_font_says_of_itself_need_not_be_said(library: Library, tmp_path: Path) -> None:
    font = write_font(tmp_path / "f.sf2", ICMT="Public domain.", IENG="Bob")
    added = library.font(library.add(font))
    assert (added.licence, added.credits) == ("Public domain.", "Bob")


def test_a_font_without_a_licence_is_refused(library: Library, tiny: Path) -> None:
    with pytest.raises(LibraryError, match=r"does not say its licence.*--licence"):
        library.add(tiny, credits="Ada")
    assert left_behind(library) == []


def test_a_font_that_nobody_made_is_refused(library: Library, tiny: Path) -> None:
    with pytest.raises(LibraryError, match="--credits"):
        library.add(tiny, licence="CC0")


def test_progress_is_told_to_the_last_byte(library: Library, tiny: Path) -> None:
    told: list[int] = []
    add(library, tiny, progress=told.append)
    assert sum(told) == tiny.stat().st_size


def test_a_font_without_drums_is_refused_and_nothing_stays(
    library: Library, tmp_path: Path
) -> None:
    with pytest.raises(LibraryError, match="no preset 0 in bank 128"):
        add(library, write_font(tmp_path / "m.sf2", [(0, 0)]))
    assert left_behind(library) == []


def test_a_font_that_is_silent_is_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="silent"):
        add(library, write_font(tmp_path / "m.sf2", loudness=0))


def test_a_font_that_fluidsynth_does_not_load_is_refused(library: Library, tmp_path: Path) -> None:
    hollow = tmp_path / "hollow.sf2"
    hollow.write_bytes(b"RIFF\x04\0\0\0sfbk")
    with pytest.raises(LibraryError, match=r"hollow\.sf2 cannot be played"):
        add(library, hollow)
    assert left_behind(library) == []


def test_a_missing_file_is_named(library: Library, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"gone\.sf2: no such file"):
        add(library, tmp_path / "gone.sf2")


def test_an_interrupted_copy_leaves_nothing(library: Library, tiny: Path) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add(library, tiny, progress=interrupt)
    assert left_behind(library) == []
    assert add(library, tiny) in library.names()


def test_a_name_is_given_once(library: Library, tiny: Path) -> None:
    add(library, tiny, name="bells")
    with pytest.raises(LibraryError, match="there is a font bells already"):
        add(library, tiny, name="bells")
    library.verify("bells")


@pytest.mark.parametrize("name", ["../out", "a b", "-x", "x" * 41])
def test_a_name_is_no_path(library: Library, tiny: Path, name: str) -> None:
    with pytest.raises(LibraryError, match="cannot be a font's name"):
        add(library, tiny, name=name)


@given(st.text(min_size=1, max_size=60))
def test_the_name_made_of_a_file_is_short_and_plain(stem: str) -> None:
    name = name_from(stem)
    assert len(name) <= 40
    assert set(name) <= set(string.ascii_letters + string.digits + "-_")
    assert name_from(name) == name


def test_an_altered_font_is_found_out(library: Library, tiny: Path) -> None:
    font = library.font(add(library, tiny, name="t"))
    library.verify("t")
    altered = bytearray(font.path.read_bytes())
    altered[5_000] ^= 1
    font.path.write_bytes(altered)
    with pytest.raises(LibraryError, match="not the file that was added"):
        library.verify("t")


def test_a_font_that_was_cut_short_is_found_out(library: Library, tiny: Path) -> None:
    font = library.font(add(library, tiny, name="t"))
    font.path.write_bytes(tiny.read_bytes()[:9_000])
    with pytest.raises(LibraryError, match="cut short: 9000 of"):
        library.font("t")


def test_a_spoilt_card_is_named(library: Library, tiny: Path) -> None:
    add(library, tiny, name="t")
    (library.folder / "t.json").write_text(json.dumps({"licence": "CC0"}))
    with pytest.raises(LibraryError, match=r"t\.json is no card"):
        library.font("t")


def test_an_unknown_font_is_answered_with_those_there_are(library: Library, tiny: Path) -> None:
    add(library, tiny, name="bells")
    with pytest.raises(LibraryError, match=r"no sound font 'bels'.*\(bells\)"):
        library.font("bels")


def test_without_fluidsynth_it_is_not_the_fonts_fault(
    library: Library, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fluidsynth", None)
    with pytest.raises(SynthError, match="not installed"):
        add(library, tiny)
    assert left_behind(library) == []
