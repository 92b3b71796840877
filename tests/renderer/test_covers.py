"""Pictures inside sound files, as programs that are not ours find them."""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from renderer.artwork import cover_svg
from renderer.balance import plain_balance
from renderer.covers import flac_with_cover, mp3_with_cover
from renderer.errors import FramingError
from renderer.export import AudioFormat, export_audio
from renderer.rasterising import rasterised
from renderer.synth import Synth
from tests.fonts import FONT
from tests.pieces import make_piece

SHORT = make_piece(bars=1, tempo_qpm=240)
COVER = rasterised(cover_svg(SHORT), 64, 64)


@functools.cache
def exported(format: AudioFormat, cover: bytes | None = COVER) -> bytes:
    return export_audio(
        SHORT,
        lambda: Synth(FONT),
        format,
        tail_seconds=0.1,
        balance=plain_balance(SHORT),
        cover=cover,
    )


@pytest.mark.parametrize("format", ["mp3", "flac", "ogg"])
def test_ffmpeg_takes_the_very_picture_out_again(format: AudioFormat, tmp_path: Path) -> None:
    file, picture = tmp_path / f"file.{format}", tmp_path / "picture.png"
    file.write_bytes(exported(format))
    command = ["ffmpeg", "-v", "error", "-i", str(file), "-map", "0:v", "-c", "copy", str(picture)]
    subprocess.run(command, check=True)
    assert picture.read_bytes() == COVER


@pytest.mark.parametrize(("format", "head"), [("mp3", 10), ("flac", 42)])
def test_all_else_is_what_it_was(format: AudioFormat, head: int) -> None:
    plain = exported(format, None)
    assert exported(format).endswith(COVER + plain[head:])


@pytest.mark.parametrize("with_cover", [mp3_with_cover, flac_with_cover])
def test_a_file_without_a_place_for_it_is_refused(
    with_cover: Callable[[bytes, bytes], bytes],
) -> None:
    with pytest.raises(FramingError):
        with_cover(b"RIFF, and so on", COVER)
