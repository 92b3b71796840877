"""Who joins an MP3 stream in its middle has all that its first frame reaches back for."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from renderer.formats import FORMATS
from renderer.framing import split_mp3
from renderer.mp3_start import filler, mp3_preamble
from renderer.pcm import Packet
from tests.renderer.decoding import SECOND, Heard, decoded, encoded, heard, noise, wired

MP3 = FORMATS["mp3"]
BITRATES = pytest.mark.parametrize("kbps", [32, 128, 320])
# A frame overlaps with the one before: so long is heard what the late decoder had to guess.
OVERLAP_FRAMES = 1_152


@cache
def stream(kbps: int) -> list[Packet]:
    """Bursts of noise over a tone: LAME saves bits in between, and reaches far back."""
    time = np.arange(2 * SECOND) / SECOND
    tone = 0.3 * np.sin(2 * np.pi * 440 * time)[:, None]
    sound = tone + noise(len(time)) * (np.sin(60 * time) > 0.5)[:, None]
    return encoded(MP3, sound.astype(np.float32), kbps=kbps)


@cache
def whole(kbps: int) -> Heard:
    return heard(MP3, stream(kbps))


@cache
def late(kbps: int, joined: int) -> Heard:
    return heard(MP3, stream(kbps)[: joined + 10], joined)


@BITRATES
def test_no_decoder_lacks_anything_wherever_it_begins(kbps: int) -> None:
    for joined in range(20, 80):
        assert late(kbps, joined).complaints == []


@BITRATES
def test_the_first_frame_of_its_own_already_sounds_right(kbps: int) -> None:
    for joined in range(20, 80):
        settled = stream(kbps)[joined].position + OVERLAP_FRAMES
        found = late(kbps, joined).since(settled)
        expected = whole(kbps).since(settled)[: len(found)]
        np.testing.assert_allclose(found, expected, atol=1e-5)


@BITRATES
def test_nothing_is_heard_before_it(kbps: int) -> None:
    for joined in range(20, 80):
        silent = stream(kbps)[joined].position - late(kbps, joined).position
        assert not late(kbps, joined).samples[:silent].any()


def test_without_a_preamble_a_frame_is_lost() -> None:
    bare, _ = decoded(MP3, b"".join(packet.data for packet in stream(128)[30:]))
    expected = whole(128).since(stream(128)[30].position)
    assert np.abs(bare - expected)[OVERLAP_FRAMES:].max() > 0.1


def test_carriers_are_frames_like_any_other() -> None:
    for joined in range(20, 60):
        frames, rest = split_mp3(mp3_preamble(stream(32), joined).data)
        assert {len(frame) for frame in frames} <= {96}
        assert rest == b""


def test_where_too_little_is_remembered_nothing_is_made_up() -> None:
    recent = stream(128)[40:]
    reach = int.from_bytes(recent[0].data[4:6], "big") >> 7
    assert reach > 0
    assert mp3_preamble(recent, 0).data == b""


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 200, 383])
def test_filler_is_as_long_as_asked(size: int) -> None:
    assert len(filler(size)) == size


@pytest.mark.parametrize("size", [1, 9, 10, 11, 200, 383])
def test_filler_changes_nothing_of_what_is_heard(size: int) -> None:
    samples, complaints = decoded(MP3, filler(size) + wired(MP3, stream(128), 30))
    np.testing.assert_array_equal(samples, heard(MP3, stream(128), 30).samples)
    assert complaints == []
