"""Telling sound from silence, and from what is neither."""

from __future__ import annotations

import numpy as np
import pytest

from renderer.errors import FramingError
from renderer.formats import FORMATS
from renderer.pcm import SAMPLE_RATE_HZ
from renderer.probe import SILENCE_DB, hear


def stream(name: str, amplitude: float) -> bytes:
    """Three seconds of a tone, as the mount `name` sends it."""
    format = FORMATS[name]
    encoder = format.encoder(format.bitrates_kbps[-1], 0)
    seconds = np.arange(3 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    tone = amplitude * np.sin(2 * np.pi * 440 * seconds)
    packets = encoder.encode(np.stack([tone, tone], axis=1).astype(np.float32))
    preamble = format.joining(packets, 0)
    return preamble.data + b"".join(packet.data for packet in packets)


@pytest.mark.parametrize("name", FORMATS)
def test_a_tone_is_heard_as_loud_as_it_is(name: str) -> None:
    heard = hear(stream(name, 0.5))
    assert heard.is_sound
    assert heard.level_db == pytest.approx(20 * np.log10(0.5) - 3.01, abs=0.5)
    assert heard.seconds == pytest.approx(3, abs=0.4)  # an encoder keeps a part to itself


@pytest.mark.parametrize("name", FORMATS)
def test_silence_is_no_sound(name: str) -> None:
    heard = hear(stream(name, 0.0))
    assert (heard.is_sound, heard.level_db) == (False, SILENCE_DB)


@pytest.mark.parametrize("data", [b"", b"no sound at all", bytes(40_000)])
def test_what_cannot_be_decoded_is_said_to_be_so(data: bytes) -> None:
    with pytest.raises(FramingError, match="cannot be decoded"):
        hear(data)
