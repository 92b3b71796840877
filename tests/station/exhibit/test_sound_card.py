"""The room's own sound: in time with the air, without a click, whatever its card does."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from renderer.pcm import CHANNELS, SAMPLE_RATE_HZ, Pcm
from station.exhibit import sound_card
from station.exhibit.card_process import CardError, find, outputs
from station.exhibit.card_wire import Gain
from station.exhibit.loudspeaker import FADE_SECONDS
from station.exhibit.playhead import Playhead
from station.exhibit.ring import RING_FRAMES, Ring
from station.exhibit.sound_card import SoundCard
from tests.station.exhibit.cards import BLOCK_FRAMES, DELAY_SECONDS, Card, OnAir

CHUNK_FRAMES = 9_600  # larger than the real ones: an hour of them passes in no time
JITTER_SECONDS = 0.002
PATIENCE_SECONDS = 30.0


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def steady(seconds: float) -> np.ndarray:
    """The sound in which every click is seen."""
    return np.full(round(seconds * SAMPLE_RATE_HZ), 0.5, np.float32)


def tone(seconds: float, hz: float = 997.0) -> np.ndarray:
    frames = np.arange(round(seconds * SAMPLE_RATE_HZ))
    return np.asarray(np.sin(2 * np.pi * hz / SAMPLE_RATE_HZ * frames), np.float32)


def steepest(played: np.ndarray) -> float:
    """The largest step from one frame to the next."""
    return float(np.abs(np.diff(played)).max())


SMOOTH = 0.5 * np.pi / 2 / 960 + 1e-5  # the steepest of a fade of 20 ms, of the steady sound


@pytest.mark.parametrize(("rate_hz", "cents"), [(48_005, 0.18), (47_990, -0.36), (48_000, 0.0)])
def test_an_hour_on_a_crystal_of_its_own_neither_runs_dry_nor_falls_behind(
    rate_hz: float, cents: float, rng: np.random.Generator
) -> None:
    playhead, off_ms, missing = Playhead(DELAY_SECONDS), [], 0
    for chunk in range(round(3600 * rate_hz / CHUNK_FRAMES)):
        now = chunk * CHUNK_FRAMES / rate_hz
        block = int(2 * now)  # the newest on air
        playhead.due(block * BLOCK_FRAMES, block / 2)
        heard_at = now + rng.normal(0, JITTER_SECONDS)  # as well as a machine can know it
        end = (block + 1) * BLOCK_FRAMES
        stretch = playhead.next(CHUNK_FRAMES, heard_at, max(0, end - RING_FRAMES), end)
        if now > 60:
            missing += stretch is None
            wanted = (now - DELAY_SECONDS) * SAMPLE_RATE_HZ
            off_ms.append(0.0 if stretch is None else (wanted - stretch.position) / 48)
    assert (missing, playhead.jumps) == (0, 0)
    assert np.abs(off_ms).max() < 3
    assert playhead.cents == pytest.approx(cents, abs=0.05)


@pytest.mark.parametrize("hz", [100, 997, 5_000, 15_000])
def test_what_is_read_between_frames_is_what_was_meant(hz: float) -> None:
    ring, step = Ring(), 1.0001
    for block in np.split(tone(12, hz), 24):  # more than the ring holds
        ring.write(ring.end, np.repeat(block[:, None], CHANNELS, axis=1))
    begin = RING_FRAMES - 480 + 0.37  # and over its seam
    read = ring.read(begin, step, 960)[:, 1]
    meant = np.sin(2 * np.pi * hz / SAMPLE_RATE_HZ * (begin + step * np.arange(960)))
    error = np.sqrt(np.mean((read - meant) ** 2) / np.mean(meant**2))
    assert 20 * np.log10(error) < -75


def test_the_room_hears_what_is_on_air_a_second_later() -> None:
    card = Card(48_005)
    played = OnAir(card, tone(12, 50)).play(9)
    seconds = np.arange(len(played)) / card.rate_hz  # the card began with the broadcast
    meant = np.sin(2 * np.pi * 50 * (seconds - DELAY_SECONDS))
    settled = slice(2 * SAMPLE_RATE_HZ, 8 * SAMPLE_RATE_HZ)
    agree = np.corrcoef(played[settled], meant[settled])[0, 1]
    assert agree > 0.98  # half a millisecond off, and it would be less


@pytest.mark.parametrize("gain", [0.0, 0.3])
def test_a_turn_is_heard_at_once_without_a_click(gain: float) -> None:
    on_air = OnAir(Card(), steady(6))
    on_air.acts.append((3.0, lambda: on_air.loudspeaker.hear(Gain(gain))))
    played = on_air.play(5)
    assert steepest(played) <= SMOOTH
    assert played[round(2.9 * 48_000)] == pytest.approx(0.5, abs=1e-3)
    after = round((3.0 + 0.25 + FADE_SECONDS) * 48_000)
    assert played[after : round(4.5 * 48_000)] == pytest.approx(0.5 * gain, abs=1e-3)


def test_a_station_that_stalls_leaves_in_a_fade() -> None:
    played = OnAir(Card(), steady(3)).play(5)  # what comes after 3 s is late for ever
    assert steepest(played) <= SMOOTH
    assert played[round(3.9 * 48_000)] == pytest.approx(0.5, abs=1e-3)
    assert not played[round(4.1 * 48_000) :].any()


def test_a_clock_that_starts_again_is_followed_in_a_fade() -> None:
    on_air = OnAir(Card(), steady(12))

    def restart() -> None:
        on_air.began += 2.3

    on_air.acts.append((3.0, restart))
    played = on_air.play(9)
    assert steepest(played) <= SMOOTH
    assert on_air.loudspeaker.playhead.jumps >= 1
    assert played[7 * 48_000 : 408_000] == pytest.approx(0.5, abs=1e-3)


def test_a_card_that_was_held_up_comes_back_to_its_time() -> None:
    card = Card()
    on_air = OnAir(card, tone(12))
    on_air.acts.append((3.0, card.hold_up))
    on_air.play(7)
    assert 1 <= on_air.loudspeaker.playhead.jumps <= 2
    assert abs(on_air.loudspeaker.playhead.error_frames) < 48


NAMES = ["HDA Intel PCH: ALC269 (hw:0,0)", "USB Audio: - (hw:1,0)", "usb", "default"]


@pytest.mark.parametrize(
    ("name", "found"), [("USB Audio", 1), ("usb", 2), ("hw:0", 0), ("DEFAULT", 3)]
)
def test_a_card_is_found_by_a_part_of_its_name(name: str, found: int) -> None:
    assert find(name, [{"name": each} for each in NAMES])["name"] == NAMES[found]


def test_a_card_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(CardError, match=r"'sofa'; there are: HDA Intel.*default"):
        find("sofa", [{"name": each} for each in NAMES])


def test_without_portaudio_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(CardError, match="apt-get install libportaudio2"):
        outputs()


STUBBORN = """
import time
print('{"device": "a", "delay_ms": 1000}', flush=True)
time.sleep(60)
"""
NONSENSE = ["print('[1]')", "print('{}')", "print('{')", "print('5')", "print('x' * 100_000)"]


def playing(monkeypatch: pytest.MonkeyPatch, program: str, **others: Any) -> SoundCard:
    """A card whose process is another program."""
    monkeypatch.setattr(sound_card, "COMMAND", (sys.executable, "-c", program))
    given: dict[str, Any] = {"delay_ms": 0, "due": lambda _: 0.0, "gain": lambda: 1.0}
    return SoundCard("wall", **(given | others))


async def test_the_end_of_the_station_waits_for_no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_card, "SILENT_SECONDS", 0.1)
    card = playing(monkeypatch, STUBBORN)
    task = asyncio.create_task(card.run())
    await comes_true(lambda: card.pid)
    await comes_true(lambda: card.pid is None)  # its farewell has begun
    task.cancel()
    await asyncio.wait([task], timeout=PATIENCE_SECONDS)
    assert task.cancelled()


@pytest.mark.parametrize("program", NONSENSE)
async def test_a_process_that_speaks_nonsense_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    card = playing(monkeypatch, program)
    task = asyncio.create_task(card.run())
    await comes_true(lambda: card.fault)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert card.fault == "its process spoke nonsense"


async def test_a_card_that_nobody_tells_how_loud_it_is_to_be_is_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    news = 'print(\'{"underruns": 0, "jumps": 0, "cents": 0.0}\', flush=True)'
    card = playing(
        monkeypatch,
        STUBBORN.replace("time.sleep(60)", f"time.sleep(0.2); {news}; time.sleep(60)"),
        gain=lambda: 1 / 0,
    )
    task = asyncio.create_task(card.run())
    await comes_true(lambda: card.fault)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert "ZeroDivisionError" in str(card.fault)


def test_the_wall_is_told_from_the_start_what_a_card_can_do() -> None:
    told: list[float] = []
    SoundCard("wall", delay_ms=-2000, due=float, gain=lambda: 1.0, delayed=told.append)
    assert told == [900]


# From here on a real process, real PortAudio and real ALSA play into a file.

ASOUND = """
</usr/share/alsa/alsa.conf>
pcm.wall { type file; slave.pcm "null"; file "%s"; format "raw" }
"""


class Hall:
    """A station's clock, and a machine whose card can be taken away."""

    def __init__(self, folder: Path) -> None:
        self.recording = folder / "wall.raw"
        self.began = time.monotonic()
        self._config = folder / "asound.conf"

    def plug_in(self) -> None:
        self._config.write_text(ASOUND % self.recording)

    def pull_out(self) -> None:
        self._config.write_text("</usr/share/alsa/alsa.conf>\n")

    def due(self, position: float) -> float:
        return self.began + position / SAMPLE_RATE_HZ

    async def go_on_air(self, card: SoundCard, sound: np.ndarray) -> None:
        stereo = np.repeat(sound[:, None], CHANNELS, axis=1)
        for position in range(0, len(sound), BLOCK_FRAMES):
            await asyncio.sleep(self.due(position) - time.monotonic())
            card.publish(Pcm(stereo[position : position + BLOCK_FRAMES], position))

    def heard(self) -> np.ndarray:
        return np.fromfile(self.recording, "<f4").reshape(-1, CHANNELS)[:, 0]


async def comes_true(ask: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not ask():
        assert time.monotonic() < deadline, "it did not come true"
        await asyncio.sleep(0.02)


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hall:
    try:
        outputs()
    except CardError as error:
        pytest.skip(str(error))
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    monkeypatch.setattr(sound_card, "FIRST_BACKOFF_SECONDS", 0.1)
    monkeypatch.setattr(sound_card, "MAX_BACKOFF_SECONDS", 0.2)
    return Hall(tmp_path)


def offset_of(heard: np.ndarray, sound: np.ndarray) -> int:
    """Where in a sound something is that was heard, by correlation."""
    size = 1 << (len(sound) + len(heard)).bit_length()
    spectrum = np.fft.rfft(sound, size) * np.conj(np.fft.rfft(heard, size))
    return int(np.argmax(np.fft.irfft(spectrum, size)))


async def test_a_card_plays_what_goes_on_air_whenever_it_is_there(
    hall: Hall, rng: np.random.Generator, caplog: pytest.LogCaptureFixture
) -> None:
    hall.pull_out()
    card = SoundCard("wal", delay_ms=0, due=hall.due, gain=lambda: 0.5)
    playing = asyncio.create_task(card.run())
    await comes_true(lambda: card.fault)
    assert "there are:" in str(card.fault)
    hall.plug_in()
    await comes_true(lambda: card.is_playing)
    hall.began = time.monotonic()
    sound = np.convolve(rng.uniform(-1, 1, 3 * SAMPLE_RATE_HZ), np.hanning(64) / 32, "same")
    await hall.go_on_air(card, sound)
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)

    heard = hall.heard()
    inside = heard[np.flatnonzero(heard)[0] :][round(0.3 * 48_000) : round(1.2 * 48_000)]
    at = offset_of(inside, sound)
    assert inside == pytest.approx(0.5 * sound[at : at + len(inside)], abs=0.02)
    assert len([each for each in caplog.records if each.levelname == "ERROR"]) == 1


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_card_that_dies_or_hangs_is_opened_anew(
    hall: Hall, sent: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound_card, "SILENT_SECONDS", 2.0)
    monkeypatch.setattr(sound_card, "FAREWELL_SECONDS", 0.1)
    hall.plug_in()
    card = SoundCard("wall", delay_ms=0, due=hall.due, gain=lambda: 1.0)
    playing = asyncio.create_task(card.run())
    await comes_true(lambda: card.is_playing)
    first = card.pid
    assert first is not None
    os.kill(first, sent)
    asked = time.monotonic()
    for block in range(60):  # half a minute on a card that takes nothing
        card.publish(Pcm(np.zeros((BLOCK_FRAMES, CHANNELS), np.float32), block * BLOCK_FRAMES))
    assert time.monotonic() - asked < 1
    await comes_true(lambda: card.pid not in (first, None) and card.is_playing)
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
