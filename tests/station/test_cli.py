"""The command line: what an operator types, and what comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import wave
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from generators.midi import read_runs
from generators.music import Note, Piece
from generators.weights import ModelFolder
from station.cli import run
from station.programme import Programme
from station.token import is_token
from storage.database import Database
from storage.journal import Journal
from storage.records import Airing
from tests.fonts import FONT
from tests.pieces import make_piece
from tests.station.fakes import MIDNIGHT

ROOT = Path(__file__).parents[2]
Latentfm = Callable[..., int]
PATIENCE_SECONDS = 60.0  # far more than anything here takes: the machine may be busy
PIECES = [make_piece(seed=seed, bars=2) for seed in range(3)]


async def never(programme: Programme, announce: Callable[[int], None]) -> None:
    raise AssertionError("nobody asked to go on air")


@pytest.fixture
def latentfm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Latentfm:
    """Run a command with its data in `tmp_path`; the exit status."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LATENTFM_STORAGE__FOLDER", str(tmp_path))
    return lambda *arguments: run(never, arguments)


@pytest.fixture
def small_model(model_folder: ModelFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that decodes at once, and the small font."""
    monkeypatch.setenv("LATENTFM_GENERATOR__MODEL", str(model_folder.path))
    monkeypatch.setenv("LATENTFM_GENERATOR__CANDIDATES", "1")
    monkeypatch.setenv("LATENTFM_GENERATOR__SHELF_MINUTES", "0.5")
    monkeypatch.setenv("LATENTFM_RENDERER__SOUNDFONT", str(FONT))
    monkeypatch.setenv("LATENTFM_STORAGE__FOLDER", str(tmp_path))


@pytest.fixture
def _aired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database of a station that aired three pieces and then the first again."""
    monkeypatch.setenv("LATENTFM_RENDERER__SOUNDFONT", str(FONT))
    database = Database.open(f"sqlite:///{tmp_path}/latentfm.db")
    journal = Journal(tmp_path, database)
    for number, piece in enumerate([*PIECES, PIECES[0]]):
        when = MIDNIGHT + timedelta(minutes=number)
        journal.aired(piece, Airing("b1", "main", number * 60 * 48_000, piece.id, when))
    assert journal.close(10)
    database.close()


def notes(piece: Piece, part: str) -> list[Note]:
    return sorted(getattr(piece.trio, part))


@pytest.mark.usefixtures("_aired")
def test_history_lists_what_was_aired_newest_first(
    latentfm: Latentfm, capsys: pytest.CaptureFixture[str]
) -> None:
    assert latentfm("history", "-n", "3") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[2] for line in lines] == [PIECES[n].id for n in (0, 2, 1)]
    assert lines[0].startswith("2026-01-01 00:03:00Z")
    assert "replayed" in lines[0]
    assert "sampled" in lines[1]


def test_history_of_a_new_station_says_so(
    latentfm: Latentfm, capsys: pytest.CaptureFixture[str]
) -> None:
    assert latentfm("history") == 0
    assert "has aired nothing yet" in capsys.readouterr().err


def test_history_of_no_station_names_those_there_are(
    latentfm: Latentfm, capsys: pytest.CaptureFixture[str]
) -> None:
    assert latentfm("history", "--station", "jazz") == 1
    assert "no station is called 'jazz': main" in capsys.readouterr().err


@pytest.mark.usefixtures("_aired")
def test_a_stored_piece_renders_to_midi_note_for_note(latentfm: Latentfm, tmp_path: Path) -> None:
    assert latentfm("render", PIECES[1].id, "-o", str(tmp_path / "piece.mid")) == 0
    [track_run] = read_runs((tmp_path / "piece.mid").read_bytes())
    for track in track_run.tracks:
        assert list(track.notes) == notes(PIECES[1], track.kind)


@pytest.mark.usefixtures("_aired")
def test_a_stored_piece_renders_to_sound_the_same_twice(latentfm: Latentfm, tmp_path: Path) -> None:
    one, other = tmp_path / "one.wav", tmp_path / "other.wav"
    for output in (one, other):
        assert latentfm("render", PIECES[1].id, "-o", str(output)) == 0
    assert one.read_bytes() == other.read_bytes()
    with wave.open(str(one)) as sound:
        assert sound.getframerate() == 48_000
        assert sound.getnframes() / 48_000 >= PIECES[1].seconds


@pytest.mark.usefixtures("_aired")
def test_a_wrong_id_is_one_line_and_status_1(
    latentfm: Latentfm, capsys: pytest.CaptureFixture[str]
) -> None:
    assert latentfm("render", "f" * 20, "-o", "piece.mid") == 1
    fault = capsys.readouterr().err.splitlines()[-1]
    assert fault == f"latentfm: no piece has the id '{'f' * 20}': see `latentfm history`"
    assert not Path("piece.mid").exists()


@pytest.mark.usefixtures("_aired")
@pytest.mark.parametrize("output", ["piece.doc", "piece"])
def test_a_file_of_no_known_kind_is_told_the_kinds(
    latentfm: Latentfm, capsys: pytest.CaptureFixture[str], output: str
) -> None:
    assert latentfm("render", PIECES[0].id, "-o", output) == 1
    assert "end it in .mid, .musicxml, .mp3, .ogg, .flac, .wav" in capsys.readouterr().err


@pytest.mark.usefixtures("_aired")
def test_a_folder_that_is_not_there_is_named(
    latentfm: Latentfm, capsys: pytest.CaptureFixture[str]
) -> None:
    assert latentfm("render", PIECES[0].id, "-o", "gone/piece.mid") == 1
    assert "cannot write gone/piece.mid" in capsys.readouterr().err


@pytest.mark.usefixtures("_aired")
def test_the_stems_of_a_piece_are_a_file_a_part(latentfm: Latentfm) -> None:
    assert latentfm("render", PIECES[0].id, "--stems", "-o", "stems.zip") == 0
    with zipfile.ZipFile("stems.zip") as stems:
        assert sorted(stems.namelist()) == ["bass.flac", "drums.flac", "melody.flac"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "one of two"),
        (("f" * 20, "--minutes", "1"), "one of two"),
        (("--minutes", "0"), "above 0"),
        (("--minutes", "nan"), "above 0"),
        (("--minutes", "1", "--stems"), "of one piece"),
        (("f" * 20, "--stems"), "end it in .zip"),
        (("--minutes", "1", "--station", "jazz"), "no station is called 'jazz': main"),
        (("--minutes", "1", "--show", "Dusk"), "no show called 'Dusk': Daylight, Golden Hour"),
        (("--minutes", "1", "--seed", "-1"), "--seed is a whole number"),
    ],
)
def test_what_cannot_be_rendered_is_told_why(
    latentfm: Latentfm, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert latentfm("render", *arguments, "-o", "programme.flac") == 1
    assert said in capsys.readouterr().err
    assert not Path("programme.flac").exists()


def test_a_programme_is_a_file_of_so_many_minutes(
    latentfm: Latentfm, small_model: None, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--minutes", "0.1", "--show", "night drive", "--seed", "5")
    assert latentfm("render", *arguments, "-o", "programme.wav") == 0
    assert "programme.wav: 0:06 of Latent FM, seed 5" in capsys.readouterr().out
    with wave.open("programme.wav") as sound:
        assert sound.getnframes() == 6 * 48_000
        samples = np.frombuffer(sound.readframes(6 * 48_000), "<i2")
    assert np.abs(samples[: 2 * 48_000]).max() > 300  # it plays
    assert np.abs(samples[-4:]).max() < 30  # and has faded out


def test_ctrl_c_leaves_a_whole_file_that_is_shorter(small_model: None, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "web", "render", "--minutes", "600", "-o", f"{tmp_path}/p.wav"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as rendering:
        partial = tmp_path / "p.wav.partial"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (partial.exists() and partial.stat().st_size > 1_000_000):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        rendering.send_signal(signal.SIGINT)
        said, faults = rendering.communicate(timeout=PATIENCE_SECONDS)
    assert (rendering.returncode, "Traceback" in faults) == (130, False)
    assert "stopped: 600 minutes were asked for" in said
    with wave.open(f"{tmp_path}/p.wav") as sound:
        assert sound.getnframes() > 200_000


def test_a_rehearsal_leaves_figures_and_no_airing(
    latentfm: Latentfm, small_model: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert latentfm("rehearse", "--hours", "0.05", "--seed", "5", "--joins") == 0
    shown = capsys.readouterr().out
    assert "title" in shown.splitlines()[0]
    assert "seed 5" in shown
    found = {path.name for path in (tmp_path / "rehearsal").iterdir()}
    assert found == {"rehearsal.json", "rehearsal.png", "joins.flac"}
    assert not list(tmp_path.glob("*.db")) + list(tmp_path.glob("journal*"))


def test_a_rehearsal_of_no_length_is_refused(
    latentfm: Latentfm, capsys: pytest.CaptureFixture[str]
) -> None:
    assert latentfm("rehearse", "--hours", "49") == 1
    assert "up to 48" in capsys.readouterr().err


def test_a_new_token_is_printed_once_and_works(
    latentfm: Latentfm, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert latentfm("token", "--new") == 0
    token = capsys.readouterr().out.strip()
    assert is_token(tmp_path, token)
    assert latentfm("token") == 0
    assert token not in capsys.readouterr().out


def test_a_fault_in_the_settings_is_one_line(
    latentfm: Latentfm, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("station.toml").write_text("[server]\nprot = 1\n")
    assert latentfm("history") == 1
    assert "unknown key server.prot. Did you mean port?" in capsys.readouterr().err


def test_help_lists_the_commands(latentfm: Latentfm, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        latentfm("--help")
    shown = capsys.readouterr().out
    for command in (
        "serve",
        "doctor",
        "history",
        "render",
        "rehearse",
        "token",
        "corpus",
        "train",
        "evaluate",
    ):
        assert f"    {command} " in shown


def test_a_reader_that_has_seen_enough_gets_no_traceback() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "web", "import", "--list"]
    done = subprocess.run(command, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")
