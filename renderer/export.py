"""A single piece as a file: MIDI, or sound on a synth of its own.

Equal pieces give equal bytes; the stems of a piece are in `renderer.stems`.
"""

from __future__ import annotations

import contextlib
import functools
import io
import shutil
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args

import numpy as np

from generators.music import STEPS_PER_QUARTER, TICKS_PER_STEP, Piece
from renderer.balance import Balance, plain_balance
from renderer.balancer import Balancer
from renderer.covers import cover_tag, flac_with_cover, mp3_with_cover
from renderer.errors import EncoderError
from renderer.instruments import instrument_names
from renderer.marks import COMMENT, in_libav, piece_tags, with_info
from renderer.mix import VOLUME, place, programs
from renderer.pcm import CHANNELS, SAMPLE_RATE_HZ
from renderer.score import strokes
from renderer.solo import TAIL_SECONDS, MakeSynth, frames_with_tail, mastered_solo

AudioFormat = Literal["wav", "mp3", "flac", "ogg"]
AUDIO_FORMATS: tuple[AudioFormat, ...] = get_args(AudioFormat)
TICKS_PER_QUARTER = STEPS_PER_QUARTER * TICKS_PER_STEP

# No version and no random serial number in the file: equal pieces, equal bytes.
_BITEXACT = ["-fflags", "+bitexact", "-flags:a", "+bitexact"]
_FFMPEG: dict[AudioFormat, dict[str, Any]] = {
    "wav": {},  # pydub writes it alone, and would start ffmpeg for any parameter
    "mp3": {"bitrate": "192k", "parameters": _BITEXACT},
    "flac": {"parameters": _BITEXACT},
    "ogg": {"codec": "libopus", "bitrate": "128k", "parameters": _BITEXACT},
}


_WITH_COVER: dict[AudioFormat, Callable[[bytes, bytes], bytes]] = {
    "mp3": mp3_with_cover,
    "flac": flac_with_cover,
}


def export_midi(piece: Piece) -> bytes:
    """A MIDI file of the piece: a track a part, with the tempo as it glides, beat by beat.

    Notes lie where they are struck. A bridge's notes are there once, for the instruments that
    come in; those that leave are named in a text, for MIDI has one channel of drums only.
    """
    import pretty_midi  # slow to import, and a station on air never needs it

    midi = pretty_midi.PrettyMIDI(resolution=TICKS_PER_QUARTER, initial_tempo=piece.tempo_qpm)
    midi.time_signature_changes.append(pretty_midi.TimeSignature(4, 4, 0.0))
    with contextlib.suppress(ValueError):  # a key that MIDI has no name for
        number = pretty_midi.key_name_to_key_number(piece.key)
        midi.key_signature_changes.append(pretty_midi.KeySignature(number, 0.0))
    # MIDI's text is Latin-1: a bridge's arrow is spelled out, anything else becomes a "?".
    title = piece.title.replace("→", "to").encode("latin-1", "replace").decode("latin-1")
    text = f"{title} ({COMMENT})"
    if piece.leaving is not None:
        text += "; leaving: " + ", ".join(instrument_names(piece.leaving).values())
    midi.text_events.append(pretty_midi.Text(text, 0.0))
    volumes = plain_balance(piece).volumes
    tick_seconds = 60 / TICKS_PER_QUARTER / piece.tempo_qpm
    for part, program in programs(piece.instruments).items():
        track = pretty_midi.Instrument(program, is_drum=part == "drums", name=part)
        knobs = ((VOLUME, volumes[part]), *place(getattr(piece.instruments.mix, part)))
        for controller, value in knobs:
            track.control_changes.append(pretty_midi.ControlChange(controller, value, 0.0))
        for stroke in strokes(getattr(piece.trio, part), piece.trio.steps):
            start, end = stroke.start * tick_seconds, stroke.end * tick_seconds
            track.notes.append(pretty_midi.Note(stroke.velocity, stroke.pitch, start, end))
        midi.instruments.append(track)
    if piece.tempo_end_qpm != piece.tempo_qpm:
        beats = range(0, piece.trio.steps + 1, STEPS_PER_QUARTER)
        midi.adjust_times(
            [step * TICKS_PER_STEP * tick_seconds for step in beats],
            [piece.seconds_at(step) for step in beats],
        )
    file = io.BytesIO()
    midi.write(file)
    return file.getvalue()


def render_piece(
    piece: Piece,
    make_synth: MakeSynth,
    tail_seconds: float = TAIL_SECONDS,
    *,
    balance: Balance | None = None,
) -> np.ndarray:
    """The piece as it sounds on air, and its tail: float32, shape (frames, 2).

    Raises:
        SoundFontError, SynthError: it cannot be played.
    """
    return np.concatenate(list(_blocks(piece, make_synth, tail_seconds, balance)))


def export_audio(
    piece: Piece,
    make_synth: MakeSynth,
    format: AudioFormat,
    *,
    station: str = "Latent FM",
    tail_seconds: float = TAIL_SECONDS,
    balance: Balance | None = None,
    cover: bytes | None = None,
) -> bytes:
    """The piece as a file with its title, by `station`; equal bytes each time.

    `balance` is the one it was aired with; without, it is measured here. `cover` is a PNG; WAV has
    no place for it.

    Raises:
        ValueError: no such format.
        EncoderError: ffmpeg is missing (WAV needs none) or failed.
        SoundFontError, SynthError: the piece cannot be played.
    """
    if format not in AUDIO_FORMATS:
        raise ValueError(f"format must be one of {', '.join(AUDIO_FORMATS)}, not {format!r}")
    if format != "wav" and shutil.which("ffmpeg") is None:
        raise EncoderError(
            f"{format} files need ffmpeg, which is not installed. Debian: apt-get install "
            "ffmpeg; macOS: brew install ffmpeg"
        )
    blocks = _blocks(piece, make_synth, tail_seconds, balance)
    sound = b"".join(np.rint(block * 32_767).astype("<i2").tobytes() for block in blocks)
    pydub = _pydub()
    segment = pydub.AudioSegment(
        data=sound, sample_width=2, frame_rate=SAMPLE_RATE_HZ, channels=CHANNELS
    )
    tags = piece_tags(piece, station)
    if cover is not None and format == "ogg":
        tags |= cover_tag(cover)
    file = io.BytesIO()
    try:
        segment.export(file, format=format, tags=in_libav(tags), **_FFMPEG[format])
    except (pydub.exceptions.PydubException, OSError) as error:
        raise EncoderError(f"ffmpeg made no {format} file: {error}") from error
    made = file.getvalue()
    if cover is not None and format in _WITH_COVER:
        made = _WITH_COVER[format](made, cover)
    return with_info(made, tags) if format == "wav" else made


def _blocks(
    piece: Piece, make_synth: MakeSynth, tail_seconds: float, balance: Balance | None
) -> Iterator[np.ndarray]:
    balance = balance or Balancer(make_synth).measure(piece)
    return mastered_solo(piece, make_synth, balance, frames_with_tail(piece, tail_seconds))


@functools.cache
def _pydub() -> Any:
    """pydub, without what it warns of at import: audioop's end, its own escapes, no ffmpeg.

    Imported on first use: a station on air never needs it.
    """
    with warnings.catch_warnings():
        for message in (".*audioop.*", ".*invalid escape sequence.*", ".*ffmpeg.*"):
            warnings.filterwarnings("ignore", message=message)
        import pydub
        import pydub.exceptions
    return pydub
