"""A broadcast of landmarks, and what a page's audio element gives: is it heard where the page says?

The landmarks are noise that never sounds the same twice within 20 s, so that a tenth of a second
of it tells its own position, to a few frames, through any codec.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
from aiohttp import web
from playwright.async_api import Page

from renderer.pcm import CHANNELS, SAMPLE_RATE_HZ
from renderer.synth import Synth
from station.programme import Programme
from station.settings import Settings
from tests.station.fakes import NullSynth
from web.server import make_app

PERIOD_FRAMES = 1 << 20  # 21.8 s, after which the landmarks come again
BAND_HZ = (200, 5_000)  # what every codec keeps the waveform of
LOUDNESS = 0.01  # RMS, before the station's own gain
WINDOW_FRAMES = 4_800
SURE = 0.6  # correlation; by chance it is below 0.1
EAR = Path(__file__).with_name("ear.js").read_text()
# The player alone, on a page of ours that has none.
BARE = """async () => {
  const { Api } = await import("/static/api.js");
  const { Broadcast } = await import("/static/broadcast.js");
  const { Player } = await import("/static/player.js");
  const api = new Api(location.origin + "/");
  const [player, broadcast] = [new Player(api), new Broadcast(api)];
  const heardPosition = () => player.heardPosition();
  const close = () => { player.close(); broadcast.close(); };
  window.latentfm = { player, broadcast, audio: player.audio, heardPosition, close };
}"""


@cache
def landmarks() -> np.ndarray:
    """One period, float32 (frames,)."""
    noise = np.random.default_rng(8).standard_normal(PERIOD_FRAMES)
    spectrum = np.fft.rfft(noise)
    hz = np.fft.rfftfreq(PERIOD_FRAMES, 1 / SAMPLE_RATE_HZ)
    spectrum[(hz < BAND_HZ[0]) | (hz > BAND_HZ[1])] = 0
    band = np.fft.irfft(spectrum)
    scaled: np.ndarray = (band * LOUDNESS / band.std()).astype(np.float32)
    return scaled


class LandmarkSynth(NullSynth):
    """Sounds the landmark of each position, whatever is to be played."""

    def __init__(self) -> None:
        super().__init__()
        self._position = 0

    def write(self, frames: int) -> np.ndarray:
        at = np.arange(self._position, self._position + frames) % PERIOD_FRAMES
        self._position += frames
        return np.repeat(landmarks()[at, None], CHANNELS, axis=1)


@contextlib.asynccontextmanager
async def landmark_station(settings: Settings) -> AsyncIterator[tuple[Programme, str]]:
    """A station in this process that broadcasts landmarks, and its address."""
    programme = Programme(settings)
    for station in programme.stations.values():
        station.synthesis.player.rebuild(cast(Synth, LandmarkSynth()))
    runner = web.AppRunner(make_app(programme), handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", settings.server.port).start()
        async with programme.on_the_air():
            yield programme, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@dataclass(frozen=True, slots=True)
class Heard:
    """What an audio element gave for some seconds, and which position the page said meanwhile."""

    samples: np.ndarray  # float32 (frames,)
    said: np.ndarray  # float64 (looks, 2): frames into `samples`, position

    def errors_ms(self) -> list[float]:
        """At each look: by how much the page was ahead of the sound; below 0, behind.

        Raises:
            AssertionError: there was no look, or what was heard is not one run of landmarks.
        """
        within = self.said[(self.said[:, 0] >= 0) & (self.said[:, 0] < len(self.samples))]
        assert len(within), "the page said no position"
        firsts = within[:, 1] - within[:, 0]  # of the first sample, going by each look
        first = _place(self.samples)
        return [_off_ms(each, first) for each in firsts]


def error_ms(sound: np.ndarray, position: float) -> float:
    """By how much the first frame of `sound` comes before the landmark of `position`.

    Raises:
        AssertionError: the sound is not one run of landmarks.
    """
    return _off_ms(position, _place(sound))


def _off_ms(position: float, place: int) -> float:
    """From where it is to where it was said to be; whole periods cannot be told."""
    frames = (position - place + PERIOD_FRAMES / 2) % PERIOD_FRAMES - PERIOD_FRAMES / 2
    return 1_000 * frames / SAMPLE_RATE_HZ


def _place(sound: np.ndarray) -> int:
    """The position of the first frame, within a period."""
    match = np.fft.irfft(
        np.fft.rfft(landmarks()) * np.fft.rfft(sound, PERIOD_FRAMES).conj(), PERIOD_FRAMES
    )
    first = int(match.argmax())
    for begin in range(0, len(sound) - WINDOW_FRAMES + 1, WINDOW_FRAMES):
        there = np.arange(first + begin, first + begin + WINDOW_FRAMES) % PERIOD_FRAMES
        heard = sound[begin : begin + WINDOW_FRAMES]
        likeness = float(np.corrcoef(landmarks()[there], heard)[0, 1]) if heard.any() else 0.0
        assert likeness > SURE, f"{begin / SAMPLE_RATE_HZ:.1f} s on, {likeness:.2f} like it"
    return first


async def lend_an_ear(page: Page) -> None:
    """Put an ear between the page's audio element and its loudspeaker. Once a page."""
    await page.evaluate(EAR)


async def hear(page: Page, seconds: float) -> Heard:
    """Listen to what the page plays, which must be playing."""
    heard: dict[str, Any] = await page.evaluate("(seconds) => hear(seconds)", seconds)
    samples = np.frombuffer(base64.b64decode(heard["samples"]), "<f4")
    return Heard(samples, np.array(heard["said"], float).reshape(-1, 2))
