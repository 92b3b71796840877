"""The last step before the encoders: a gain, a slow hand on the fader, and a limiter.

Pieces come in balanced (see `renderer.balance`), so the gain is constant but for the last half
LU: a leveller corrects what the balance got wrong over tens of seconds, too slowly to be heard.
The limiter works at twice the sample rate, so that it sees the peaks between the samples, and
looks ahead; what comes out is `delay_frames` later than what went in, and a block out is as long
as its block in.
"""

from __future__ import annotations

from dataclasses import dataclass

import av
import numpy as np

from renderer.errors import RenderError
from renderer.frames import audio_frame, source, through
from renderer.loudness import HOP_FRAMES, TARGET_LUFS, Meter, Reading
from renderer.pcm import CHANNELS, SAMPLE_RATE_HZ

GAIN_DB = 25.0  # from where a balance puts a piece
# A little over the target: LAME takes 0.45 LU away, Opus nothing, and both shall be near it.
OUT_LUFS = TARGET_LUFS + 0.2
CEILING_DBTP = -3.5  # Opus at 96 kbit/s overshoots by as much as 2 dB: see docs/sound.md
LOOKAHEAD_FRAMES = 240
RELEASE_MS = 80
OVERSAMPLING = 2
RESERVE_FRAMES = 64  # the resamplers hold back 32; with these a block is never short
DELAY_FRAMES = LOOKAHEAD_FRAMES + RESERVE_FRAMES

LEVELLER_MEMORY_SECONDS = 20.0
LEVELLER_SECONDS = 100.0  # that an error would need to go at the pace it begins with
LEVELLER_MOST_DB = 3.0  # up or down
LEVELLER_MOST_DB_A_SECOND = 0.1
_GATE_LU = -10.0  # what is this far below the programme is a pause, not a soft programme


@dataclass(frozen=True, slots=True)
class Level:
    """Where the leveller's hand is: from here it goes on as it would have."""

    gain_db: float
    heard_lufs: float  # the programme, as it remembers it


class Leveller:
    """The gain that brings a programme to a loudness, from its own readings.

    It follows the power of the last 20 s and leaves pauses out. Memory and pace are a loop of
    second order; with a pace of 5 memories it does not overshoot.
    """

    def __init__(self, target_lufs: float = OUT_LUFS) -> None:
        self.gain_db = 0.0
        self._target_lufs = target_lufs
        self._power = _power(target_lufs)  # as if it had been right so far

    @property
    def level(self) -> Level:
        return Level(self.gain_db, 10 * float(np.log10(self._power)))

    def resume(self, level: Level) -> None:
        self.gain_db, self._power = level.gain_db, _power(level.heard_lufs)

    def read(self, reading: Reading) -> None:
        """Turn by what one reading, a hop after the last, says."""
        power = _power(reading.momentary_lufs)
        if power < self._power * _power(_GATE_LU):
            return
        hop_seconds = HOP_FRAMES / SAMPLE_RATE_HZ
        self._power += (power - self._power) * hop_seconds / LEVELLER_MEMORY_SECONDS
        error_lu = self._target_lufs - 10 * float(np.log10(self._power))
        pace = error_lu / LEVELLER_SECONDS  # dB a second
        pace = float(np.clip(pace, -LEVELLER_MOST_DB_A_SECOND, LEVELLER_MOST_DB_A_SECOND))
        moved_db = self.gain_db + pace * hop_seconds
        self.gain_db = float(np.clip(moved_db, -LEVELLER_MOST_DB, LEVELLER_MOST_DB))


class Master:
    """Gain, leveller and limiter with a memory: one for each unbroken stream of sound."""

    delay_frames = DELAY_FRAMES

    def __init__(self, gain_db: float = GAIN_DB, *, levelled: bool = True) -> None:
        """`levelled=False` leaves the leveller out: the gain alone, for measuring."""
        self.reading: Reading | None = None  # the last of the sound that came out
        self._gain_db = gain_db
        self._leveller = Leveller() if levelled else None
        self._from_db = self._to_db = gain_db  # over the hop that is passing
        self._meter = Meter()
        self._limiter = _limiter()
        self._taken = 0
        self._ready = np.zeros((RESERVE_FRAMES, CHANNELS), np.float32)

    @property
    def level(self) -> Level | None:
        """None without a leveller."""
        return self._leveller.level if self._leveller else None

    def resume(self, level: Level) -> None:
        """Go on from where the leveller of another master was."""
        if self._leveller is not None:
            self._leveller.resume(level)
            self._to_db = self._gain_db + level.gain_db

    def process(self, samples: np.ndarray) -> np.ndarray:
        """Float32 (frames, 2) in, as many frames out, `delay_frames` late, below the ceiling.

        Raises:
            RenderError: libavfilter failed; make a new Master.
        """
        if not np.isfinite(samples).all():  # would sit in the limiter's memory for good
            samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
        # Hop by hop, counted from the first frame: however the sound comes, it is the same sound.
        out, done = [samples[:0]], 0
        while done < len(samples):
            hop = samples[done : done + HOP_FRAMES - self._taken % HOP_FRAMES]
            out.append(self._hop(hop))
            done += len(hop)
        return np.concatenate(out)

    def _hop(self, samples: np.ndarray) -> np.ndarray:
        """A hop or a part of one: the gain runs straight from its begin to its end."""
        within = np.arange(len(samples)) + self._taken % HOP_FRAMES
        gain_db = self._from_db + (self._to_db - self._from_db) * within / HOP_FRAMES
        limited = self._limit(samples * 10 ** (gain_db[:, None] / 20))
        for reading in self._meter.measure(limited):
            self.reading = reading
            self._from_db = self._to_db
            if self._leveller is not None:
                self._leveller.read(reading)
                self._to_db = self._gain_db + self._leveller.gain_db
        return limited

    def _limit(self, samples: np.ndarray) -> np.ndarray:
        frame = audio_frame(samples.astype(np.float64, copy=False), self._taken)
        self._taken += len(samples)
        ready = [self._ready]
        try:
            for limited in through(self._limiter, frame):
                ready.append(limited.to_ndarray().reshape(-1, CHANNELS).astype(np.float32))
        except av.FFmpegError as error:
            raise RenderError(f"the limiter stopped: {error}") from error
        sound = np.concatenate(ready)
        self._ready = sound[len(samples) :]
        return sound[: len(samples)]


def _limiter() -> av.filter.Graph:
    graph = av.filter.Graph()
    entry = source(graph, "dbl")
    # alimiter delays by its attack less one of its samples, and rounds down: hence the 1.5.
    attack_samples = LOOKAHEAD_FRAMES * OVERSAMPLING + 1.5
    # level=0: or it would turn everything up to full scale again. Its own `latency` option
    # would hold back the first frames; so the delay stays, and a block out is a block in.
    limiter = graph.add(
        "alimiter",
        limit=f"{10 ** (CEILING_DBTP / 20):.6f}",
        attack=f"{1000 * attack_samples / (SAMPLE_RATE_HZ * OVERSAMPLING):.6f}",
        release=str(RELEASE_MS),
        level="0",
        latency="0",
    )
    up = graph.add("aresample", str(SAMPLE_RATE_HZ * OVERSAMPLING))
    down = graph.add("aresample", str(SAMPLE_RATE_HZ))
    entry.link_to(up)
    up.link_to(limiter)
    limiter.link_to(down)
    down.link_to(graph.add("abuffersink"))
    graph.configure()
    return graph


def _power(loudness_lufs: float) -> float:
    return float(10 ** (loudness_lufs / 10))
