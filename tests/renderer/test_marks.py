"""Every file and stream says that a machine made it, to programs that are not ours."""

from __future__ import annotations

import io
import json
import subprocess
import wave
import zipfile
from pathlib import Path

import numpy as np
import pytest

from renderer.balance import plain_balance
from renderer.export import AUDIO_FORMATS, AudioFormat, export_audio
from renderer.formats import FORMATS
from renderer.marks import BY_A_MODEL, BY_RULE, COMMENT, piece_tags, source_type, with_info
from renderer.pcm import Start
from renderer.stems import export_stems
from renderer.synth import Synth
from tests.fonts import FONT
from tests.pieces import make_piece

SHORT = make_piece(bars=1, tempo_qpm=240)
PLAIN = plain_balance(SHORT)


def make_synth() -> Synth:
    return Synth(FONT)


def tags_of(data: bytes, folder: Path) -> dict[str, str]:
    """What ffprobe finds written in a file, by names in small letters."""
    path = folder / "file"
    path.write_bytes(data)
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_entries"]
    entries = "format_tags:stream_tags"
    made = subprocess.run([*command, entries, path], capture_output=True, text=True, check=True)
    found = json.loads(made.stdout)
    tags = [found["format"].get("tags", {}), found["streams"][0].get("tags", {})]
    return {name.lower(): text for each in tags for name, text in each.items()}


@pytest.mark.parametrize("format", AUDIO_FORMATS)
def test_ffprobe_reads_the_mark_and_the_piece(format: AudioFormat, tmp_path: Path) -> None:
    data = export_audio(SHORT, make_synth, format, tail_seconds=0.1, balance=PLAIN)
    found = tags_of(data, tmp_path)
    assert found["title"] == SHORT.title
    assert COMMENT in found["comment"]
    text = " ".join(f"{name}={value}" for name, value in found.items()).lower()
    assert f"digitalsourcetype={BY_A_MODEL}".lower() in text
    assert f"latentfm_piece={SHORT.id}" in text


def test_each_stem_is_marked(tmp_path: Path) -> None:
    zipped = export_stems(SHORT, make_synth, tail_seconds=0.1, station="Null", balance=PLAIN)
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        found = tags_of(archive.read("bass.flac"), tmp_path)
    assert (found["title"], found["artist"]) == (f"{SHORT.title}: bass", "Null")
    assert found["digitalsourcetype"] == BY_A_MODEL


@pytest.mark.parametrize("name", ["opus", "opus-tagged", "flac"])
def test_an_ogg_stream_is_marked_from_its_first_page(name: str, tmp_path: Path) -> None:
    encoder = FORMATS[name].encoder(96, 0)
    sound = np.zeros((48_000, 2), np.float32)
    packets = [*encoder.encode(sound, [Start(0, SHORT)]), *encoder.close()]
    stream = packets[0].preamble.data + b"".join(packet.data for packet in packets)
    found = tags_of(stream, tmp_path)
    assert (found["comment"], found["digitalsourcetype"]) == (COMMENT, BY_A_MODEL)


def test_what_rules_made_is_not_said_to_be_a_models() -> None:
    assert source_type(make_piece(origin="pattern")) == BY_RULE


def test_a_marked_wav_is_read_as_before(tmp_path: Path) -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(48_000)
        writer.writeframes(b"\1\0" * 101)
    marked = with_info(file.getvalue(), piece_tags(SHORT, "A station"))
    with wave.open(io.BytesIO(marked)) as reader:
        assert reader.readframes(1_000) == b"\1\0" * 101
    assert tags_of(marked, tmp_path)["artist"] == "A station"
