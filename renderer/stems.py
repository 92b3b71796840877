"""The parts of a piece each by itself, before the master: for whoever wants to mix it anew.

A stem is the whole piece with the other faders down. FluidSynth's voices keep traces of the
notes they played before; so each note finds the voice it had in the mix, and the stems add up
to the mix but for rounding. Rendered with fewer notes they would miss it by 40 dB.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import av
import numpy as np

from generators.music import PARTS, Piece
from renderer.balance import Balance
from renderer.balancer import Balancer
from renderer.errors import EncoderError
from renderer.frames import audio_frame
from renderer.marks import in_libav, piece_tags
from renderer.pcm import SAMPLE_RATE_HZ
from renderer.solo import TAIL_SECONDS, MakeSynth, frames_with_tail, solo

_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first day that a zip file knows: equal bytes each time
_FULL_SCALE = 2**31 - 128  # the largest float32 below 2**31


def render_stems(
    piece: Piece,
    make_synth: MakeSynth,
    tail_seconds: float = TAIL_SECONDS,
    *,
    balance: Balance | None = None,
) -> dict[str, np.ndarray]:
    """By part, float32 (frames, 2): not mastered, with the balance of the whole.

    Raises:
        SoundFontError, SynthError: it cannot be played.
    """
    balance = balance or Balancer(make_synth).measure(piece)
    return {
        part: np.concatenate(list(_stem(piece, part, make_synth, tail_seconds, balance)))
        for part in PARTS
    }


def export_stems(
    piece: Piece,
    make_synth: MakeSynth,
    tail_seconds: float = TAIL_SECONDS,
    *,
    station: str = "Latent FM",
    balance: Balance | None = None,
) -> bytes:
    """A zip of melody.flac, bass.flac and drums.flac, of 24 bits; equal bytes each time.

    Raises:
        EncoderError: libavcodec failed.
        SoundFontError, SynthError: the piece cannot be played.
    """
    balance = balance or Balancer(make_synth).measure(piece)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # FLAC is small already
        for part in PARTS:
            stem = _stem(piece, part, make_synth, tail_seconds, balance)
            entry = zipfile.ZipInfo(f"{part}.flac", _LONG_AGO)
            tags = {**piece_tags(piece, station), "TITLE": f"{piece.title}: {part}"}
            archive.writestr(entry, _flac(stem, tags))
    return file.getvalue()


def _stem(
    piece: Piece, part: str, make_synth: MakeSynth, tail_seconds: float, balance: Balance
) -> Iterator[np.ndarray]:
    others = {other: 0 for other in PARTS if other != part}
    alone = replace(
        balance,
        volumes={**balance.volumes, **others},
        leaving={**balance.leaving, **others} if balance.leaving else {},
    )
    return solo(piece, make_synth, alone, frames_with_tail(piece, tail_seconds))


def _flac(blocks: Iterable[np.ndarray], tags: Mapping[str, str]) -> bytes:
    """FLAC of 24 bits, encoded as the blocks come."""
    file = io.BytesIO()
    bitexact = {"fflags": "+bitexact"}
    try:
        with av.open(file, "w", format="flac", container_options=bitexact) as container:
            container.metadata.update(in_libav(tags))
            stream = container.add_stream(
                "flac", rate=SAMPLE_RATE_HZ, layout="stereo", options={"flags": "+bitexact"}
            )
            stream.format = "s32"
            position = 0
            for block in blocks:
                whole = np.rint(np.clip(block, -1, 1) * np.float64(_FULL_SCALE)).astype(np.int32)
                container.mux(stream.encode(audio_frame(whole, position)))
                position += len(block)
            container.mux(stream.encode(None))
    except av.FFmpegError as error:
        raise EncoderError(f"libavcodec made no FLAC file: {error}") from error
    return file.getvalue()
