"""`latentfm soundfont`: what an operator types, and what it answers."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from renderer.errors import LibraryError
from station.fonts import library_of
from station.settings import Settings, StationSettings
from station.show_settings import DAY
from station.soundfont_command import add_to
from tests.tiny_font import write_font


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_font(tmp_path / "tiny.sf2", INAM="Tiny Bells")


def run(settings: Settings, *arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    add_to(parser.add_subparsers().add_parser)
    parsed = parser.parse_args(["soundfont", *map(str, arguments)])
    parsed.settings = settings
    status: int = parsed.command(parsed)
    return status


def wanting(settings: Settings, soundfont: str) -> Settings:
    """Settings with one show that asks for a font."""
    show = DAY.model_copy(update={"soundfont": soundfont})
    return settings.model_copy(update={"stations": {"main": StationSettings(shows=(show,))}})


def test_a_font_is_added_and_shown(
    settings: Settings, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(settings, "add", tiny, "--licence", "CC0 1.0", "--credits", "Ada", "--name", "bells")
    shown = capsys.readouterr().out
    assert shown.startswith("bells  Tiny Bells, 0.0 MB, 2 presets\n")
    assert "licence:  CC0 1.0" in shown
    assert library_of(settings).names() == ("bells",)


def test_a_font_without_a_licence_is_not_added(settings: Settings, tiny: Path) -> None:
    with pytest.raises(LibraryError, match="give --licence"):
        run(settings, "add", tiny, "--credits", "Ada")


def test_the_list_has_the_library_first_and_then_the_stations_own(
    settings: Settings, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(settings, "add", tiny, "--licence", "CC0", "--credits", "Ada")
    capsys.readouterr()
    assert run(settings, "list") == 0
    fonts = [line for line in capsys.readouterr().out.splitlines() if line[0] != " "]
    assert fonts[0].startswith("tiny  Tiny Bells")
    assert fonts[1].startswith("(the station's own)  TimGM6mb")


def test_a_broken_font_is_listed_as_that(
    settings: Settings, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(settings, "add", tiny, "--licence", "CC0", "--credits", "Ada")
    library_of(settings).font("tiny").path.write_bytes(b"RIFF")
    run(settings, "list")
    assert "BROKEN" in capsys.readouterr().out


def test_a_check_names_what_the_shows_miss(
    settings: Settings, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = wanting(settings, "tiny")
    run(settings, "add", tiny, "--licence", "CC0", "--credits", "Ada")
    assert run(settings, "check") == 0
    checked = capsys.readouterr().out
    assert "ok    tiny: whole and unaltered, 2 presets" in checked
    assert "Daylight: it lacks Electric Piano 1" in checked
    assert "Standard Kit" not in checked


def test_a_check_finds_an_altered_font(
    settings: Settings, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(settings, "add", tiny, "--licence", "CC0", "--credits", "Ada")
    with library_of(settings).font("tiny").path.open("r+b") as file:
        file.seek(9_000)
        file.write(b"noise")
    assert run(settings, "check", "tiny") == 1
    assert "FAIL  tiny" in capsys.readouterr().out


def test_a_check_of_a_font_that_is_not_there_fails(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(settings, "check", "lost") == 1
    assert "no sound font 'lost'" in capsys.readouterr().out


def test_an_empty_library_is_no_fault(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(settings, "check") == 0
    assert "is empty" in capsys.readouterr().err
