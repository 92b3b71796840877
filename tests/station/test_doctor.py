"""The doctor: a line a check, and what to do where one fails."""

from __future__ import annotations

import argparse
import re
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from station import doctor
from station.doctor import CHECKS
from station.exhibit_settings import ExhibitSettings
from station.fonts import library_of
from station.settings import (
    GeneratorSettings,
    RendererSettings,
    ServerSettings,
    Settings,
    StationSettings,
    StorageSettings,
)
from station.show_settings import DAY
from tests.tiny_font import write_font


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"server": ServerSettings(host="127.0.0.1", port=0)})


def lines_of(settings: Settings, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, str]]:
    """Exit status, and each check's line by its name."""
    status = doctor.doctor(argparse.Namespace(settings=settings))
    lines = capsys.readouterr().out.splitlines()
    return status, {line[6:].split(":")[0]: line for line in lines[:-1]}


def only_failure(settings: Settings, capsys: pytest.CaptureFixture[str], name: str) -> str:
    """The line of the check that failed; no other may."""
    status, lines = lines_of(settings, capsys)
    assert status == 1
    assert [check for check, line in lines.items() if line.startswith("FAIL")] == [name]
    return lines[name]


def test_a_sound_machine_is_fit(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    status, lines = lines_of(settings, capsys)
    assert status == 0, lines
    assert list(lines) == [name for name, _ in CHECKS]


def test_an_old_python(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "LEAST_PYTHON", (99, 0))
    assert "install Python" in only_failure(settings, capsys, "Python")


def test_a_missing_sound_font_fails_the_synth_too(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    broken = RendererSettings(soundfont=tmp_path / "gone.sf2")
    status, lines = lines_of(settings.model_copy(update={"renderer": broken}), capsys)
    assert status == 1
    for check in ("sound font", "FluidSynth"):
        assert re.search(r"FAIL.*gone\.sf2.*\[renderer\] soundfont", lines[check])


def asking(settings: Settings, soundfont: str) -> Settings:
    """Settings with one show that asks for a font of the library."""
    show = DAY.model_copy(update={"soundfont": soundfont})
    return settings.model_copy(update={"stations": {"main": StationSettings(shows=(show,))}})


def test_a_show_that_asks_for_a_font_that_is_not_there(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    line = only_failure(asking(settings, "bells"), capsys, "sound-font library")
    assert "Daylight asks for the sound font bells" in line
    assert "latentfm soundfont add FILE --name bells" in line


def test_a_font_that_lacks_the_shows_instruments_is_named(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    font = write_font(tmp_path / "bells.sf2", INAM="Bells")
    library_of(settings).add(font, licence="CC0", credits="Ada")
    status, lines = lines_of(asking(settings, "bells"), capsys)
    assert status == 0, lines
    assert lines["sound-font library"].endswith(": bells")
    assert "Daylight lacks Electric Piano 1" in lines["palettes"]


def test_missing_weights(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    broken = settings.model_copy(update={"generator": GeneratorSettings(model=tmp_path / "gone")})
    assert "set [generator] model" in only_failure(broken, capsys, "weights")


def test_a_database_that_is_none(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "notes.db").write_text("these are my notes, and no database\n" * 100)
    storage = StorageSettings(folder=tmp_path, url=f"sqlite:///{tmp_path}/notes.db")
    broken = settings.model_copy(update={"storage": storage})
    assert "is damaged" in only_failure(broken, capsys, "database")


def test_a_port_that_is_taken(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        server = ServerSettings(host="127.0.0.1", port=other.getsockname()[1])
        broken = settings.model_copy(update={"server": server})
        assert "[server] port in station.toml" in only_failure(broken, capsys, "port")


def test_a_full_disk(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "LEAST_FREE_BYTES", 2**63)
    assert "make room, or move [storage] folder" in only_failure(settings, capsys, "disk")


def test_a_folder_that_cannot_be_made(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    storage = StorageSettings(folder=tmp_path / "file", url=f"sqlite:///{tmp_path}/other.db")
    broken = settings.model_copy(update={"storage": storage})
    assert str(tmp_path / "file") in only_failure(broken, capsys, "disk")


def test_a_clock_that_was_never_set(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "EPOCH_OF_RELEASE", datetime(9000, 1, 1, tzinfo=UTC))
    assert "set it" in only_failure(settings, capsys, "clock")


def test_a_missing_ffmpeg_is_mentioned_and_no_failure(
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    status, lines = lines_of(settings, capsys)
    assert status == 0, lines
    assert "apt-get install ffmpeg" in lines["ffmpeg"]


def exhibiting(settings: Settings, **exhibit: object) -> Settings:
    return settings.model_copy(update={"exhibit": ExhibitSettings.model_validate(exhibit)})


def test_hours_that_are_none(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    broken = exhibiting(settings, hours="ten to six")
    assert "no opening hours" in only_failure(broken, capsys, "opening hours")


def test_when_the_exhibit_opens(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    _, lines = lines_of(exhibiting(settings, hours="2099 10:00-18:00"), capsys)
    assert lines["opening hours"].endswith("closed now, opens: 2099-01-01 10:00Z")


def test_a_sound_card_that_is_not_there(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    line = only_failure(exhibiting(settings, audio_device="no such sofa"), capsys, "sound card")
    assert re.search("'no such sofa' is not there .*there are: |libportaudio2", line)


def test_the_sound_cards_there_are_are_named_before_one_is_chosen(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    _, lines = lines_of(settings, capsys)
    assert re.search("ok .*none asked for(; there are: | .*libportaudio2)", lines["sound card"])


def test_a_port_of_osc_that_is_taken(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        taken = {"listen": f"127.0.0.1:{other.getsockname()[1]}"}
        assert "[exhibit.osc] listen" in only_failure(
            exhibiting(settings, osc=taken), capsys, "OSC"
        )
