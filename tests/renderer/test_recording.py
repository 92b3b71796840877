"""Recording: sound into one file as it comes."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from renderer.errors import EncoderError
from renderer.pcm import SAMPLE_RATE_HZ
from renderer.recording import KINDS, Recording

SECONDS = 3


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    time = np.arange(SECONDS * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    wave = 0.3 * np.sin(2 * np.pi * 440 * time)
    return np.stack([wave, -wave], axis=1).astype(np.float32)


def record(path: Path, sound: np.ndarray, block_frames: int = 24_000) -> bytes:
    with Recording(path, title="Evening ☕", artist="Latent FM") as recording:
        for start in range(0, len(sound), block_frames):
            recording.write(sound[start : start + block_frames])
    assert recording.seconds == len(sound) / SAMPLE_RATE_HZ
    return path.read_bytes()


def heard(path: Path) -> np.ndarray:
    """Float64 (frames, 2)."""
    with av.open(str(path)) as container:
        [stream] = container.streams.audio
        resampler = av.AudioResampler(format="flt", layout="stereo", rate=SAMPLE_RATE_HZ)
        frames = [new for frame in container.decode(stream) for new in resampler.resample(frame)]
    flat = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])
    return flat.reshape(-1, 2).astype(float)


@pytest.mark.parametrize("kind", KINDS)
def test_what_goes_in_is_heard_for_as_long(kind: str, tmp_path: Path, sound: np.ndarray) -> None:
    path = tmp_path / f"programme.{kind}"
    record(path, sound)
    found = heard(path)
    assert len(found) == pytest.approx(len(sound), abs=0.05 * SAMPLE_RATE_HZ)
    middle = slice(SAMPLE_RATE_HZ, 2 * SAMPLE_RATE_HZ)
    assert np.std(found[middle]) == pytest.approx(np.std(sound[middle]), rel=0.05)


@pytest.mark.parametrize("kind", ["flac", "wav"])
def test_nothing_is_lost_but_the_rounding(kind: str, tmp_path: Path, sound: np.ndarray) -> None:
    path = tmp_path / f"programme.{kind}"
    record(path, sound)
    assert np.abs(heard(path) - sound).max() < 2**-14


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_sound_gives_the_same_bytes(kind: str, tmp_path: Path, sound: np.ndarray) -> None:
    one = record(tmp_path / f"one.{kind}", sound)
    assert record(tmp_path / f"other.{kind}", sound) == one
    if kind in ("flac", "wav"):
        assert record(tmp_path / f"blocks.{kind}", sound, 7_000) == one


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_what_it_is(kind: str, tmp_path: Path, sound: np.ndarray) -> None:
    path = tmp_path / f"programme.{kind}"
    record(path, sound)
    with av.open(str(path)) as container:
        tags = container.metadata | container.streams.audio[0].metadata
    assert (tags["title"], tags["artist"]) == ("Evening ☕", "Latent FM")
    assert tags["comment"].startswith("machine-generated")


def test_until_it_is_whole_it_has_another_name(tmp_path: Path, sound: np.ndarray) -> None:
    path = tmp_path / "programme.flac"
    with Recording(path, title="", artist="") as recording:
        recording.write(sound)
        assert not path.exists()
    assert [each.name for each in tmp_path.iterdir()] == ["programme.flac"]


def test_a_fault_leaves_nothing_and_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "programme.flac"
    path.write_bytes(b"before")
    with pytest.raises(ValueError, match="reshape"):
        record(path, np.zeros((24_000, 3), np.float32))
    assert [each.name for each in tmp_path.iterdir()] == ["programme.flac"]
    assert path.read_bytes() == b"before"


def test_a_name_of_no_known_kind_is_told_the_kinds(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"'a.doc'.*\.flac, \.wav, \.mp3, \.ogg, \.opus"):
        Recording(tmp_path / "a.doc", title="", artist="")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"cannot write .*gone.*No such file"):
        Recording(tmp_path / "gone" / "a.flac", title="", artist="")
