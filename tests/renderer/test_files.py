"""Every kind of file, opened by programs that are not ours."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import pytest

from renderer.balance import plain_balance
from renderer.export import AudioFormat, export_audio
from renderer.files import FILES, Take
from renderer.marks import COMMENT
from renderer.stems import export_stems
from renderer.synth import Synth
from tests.fonts import FONT
from tests.renderer.conftest import piece, trio

SHORT = piece(trio=trio(1), tempo_qpm=150.0, title="Ähre & Wind")
PLAIN = plain_balance(SHORT)  # measuring instruments takes a second
SECONDS = SHORT.seconds + 0.5


def make_synth() -> Synth:
    return Synth(FONT)


@pytest.fixture
def ffprobe(tmp_path: Path) -> Callable[[bytes], dict[str, Any]]:
    """What FFmpeg's own tool says of a file, read to its end."""
    if shutil.which("ffprobe") is None:
        pytest.skip("ffprobe is not installed: apt-get install ffmpeg")
    asked = ("-show_format", "-show_streams", "-count_packets", "-of", "json", "-v", "error")

    def probe(data: bytes) -> dict[str, Any]:
        file = tmp_path / "file"
        file.write_bytes(data)
        done = subprocess.run(["ffprobe", *asked, file], capture_output=True, check=True)
        assert not done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return probe


@pytest.mark.parametrize(
    ("format", "codec"),
    [("mp3", "mp3"), ("ogg", "opus"), ("flac", "flac"), ("wav", "pcm_s16le")],
)
def test_ffprobe_opens_a_file_of_sound(
    ffprobe: Callable[[bytes], dict[str, Any]], format: AudioFormat, codec: str
) -> None:
    data = export_audio(SHORT, make_synth, format, tail_seconds=0.5, balance=PLAIN)
    found = ffprobe(data)
    [stream] = found["streams"]
    assert (stream["codec_name"], stream["sample_rate"], stream["channels"]) == (codec, "48000", 2)
    tags = {**stream.get("tags", {}), **found["format"].get("tags", {})}
    said = {name.lower(): text for name, text in tags.items()}
    assert said["title"] == SHORT.title
    assert COMMENT in said["comment"]


def test_ffprobe_opens_each_stem(ffprobe: Callable[[bytes], dict[str, Any]]) -> None:
    data = export_stems(SHORT, make_synth, 0.5, balance=PLAIN)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            [stream] = ffprobe(archive.read(name))["streams"]
            assert (stream["codec_name"], stream["bits_per_raw_sample"]) == ("flac", "24")
            assert float(stream["duration"]) == pytest.approx(SECONDS, abs=0.01)


def test_mido_opens_a_midi_file() -> None:
    data = FILES["mid"].make(Take(SHORT, make_synth, "Radio Null"))
    song = mido.MidiFile(file=io.BytesIO(data))
    assert [track.name for track in song.tracks[1:]] == ["melody", "bass", "drums"]
    assert song.length == pytest.approx(SHORT.seconds, abs=0.01)
