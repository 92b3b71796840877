"""The process of the room's sound card: the broadcast on stdin, the card's news on stdout.

    python -m station.exhibit.card_process DEVICE DELAY_MS
    python -m station.exhibit.card_process --list

A driver that hangs, a PortAudio that gives up, a card that is pulled out: all of it ends here, and
the station starts another one. It plays until its input ends; then it fades out.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from renderer.pcm import CHANNELS, SAMPLE_RATE_HZ
from station.exhibit.card_wire import next_message
from station.exhibit.loudspeaker import CHUNK_FRAMES, Loudspeaker
from station.exhibit.naming import named

LATENCY_SECONDS = 0.2  # of the card's buffer: deaf to a busy machine for so long
MARGIN_SECONDS = 0.7  # a block comes so early at the latest: half a second long, and some late
NEWS_SECONDS = 1.0
STALL_SECONDS = 1.0  # of this process, that a card of air makes up for
LISTED_MOST = 12

NO_PORTAUDIO = "PortAudio is not installed: apt-get install libportaudio2"


class Stream(Protocol):
    """What is used of sounddevice.OutputStream."""

    @property
    def write_available(self) -> int: ...

    def write(self, data: np.ndarray) -> bool: ...


class CardError(Exception):
    """The card cannot be played. The message says why, and what to do."""


def main(arguments: Sequence[str]) -> int:
    news = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no news

    def tell(**said: Any) -> None:
        news.write(json.dumps(said) + "\n")

    try:
        if arguments[0] == "--list":
            tell(devices=[each["name"] for each in outputs()])
        else:
            run(arguments[0], float(arguments[1]) / 1000, tell)
    except CardError as error:
        tell(fault=str(error))
        return 1
    return 0


def run(name: str, delay_seconds: float, tell: Any) -> None:
    """Play until there is no more.

    Raises:
        CardError: there is no such card (now), or it failed.
    """
    device = find(name, outputs())
    import sounddevice  # type: ignore[import-untyped]  # it says nothing of its types

    try:
        with sounddevice.OutputStream(
            device=device["index"],
            samplerate=SAMPLE_RATE_HZ,
            channels=CHANNELS,
            dtype="float32",
            latency=LATENCY_SECONDS,
        ) as stream:
            # No earlier than the card can, with blocks that come as late as they may.
            delay_seconds = max(delay_seconds, stream.latency + MARGIN_SECONDS)
            tell(device=device["name"], delay_ms=round(1000 * delay_seconds, 1))
            loudspeaker = Loudspeaker(delay_seconds)
            threading.Thread(target=_hear, args=[loudspeaker], daemon=True).start()
            play(stream, loudspeaker, tell)
    except sounddevice.PortAudioError as error:
        raise CardError(f"{device['name']}: {error.args[0]}") from error


def play(
    stream: Stream,
    loudspeaker: Loudspeaker,
    tell: Any = lambda **said: None,
    *,
    now: Any = time.monotonic,
    sleep: Any = time.sleep,
) -> None:
    """Give a stream what it is to play, until the loudspeaker has faded out for the last time."""
    capacity_frames = stream.write_available
    underruns = -1  # the first chunk always finds the card dry
    told_at = now()
    in_air: float | None = None  # a card of air: when it has played what it was given
    while not (loudspeaker.is_leaving and loudspeaker.is_silent):
        waiting_frames = max(0, capacity_frames - stream.write_available)
        heard_at = now() + waiting_frames / SAMPLE_RATE_HZ if in_air is None else in_air
        underruns += waiting_frames == 0 and in_air is None
        stream.write(loudspeaker.next(heard_at))
        if capacity_frames - stream.write_available < CHUNK_FRAMES:
            # Gone already: ALSA's "null" and the like have no time of their own, so it gets ours.
            in_air = max(heard_at, now() - STALL_SECONDS) + CHUNK_FRAMES / SAMPLE_RATE_HZ
            sleep(max(0.0, in_air - now()))
        else:
            in_air = None
        if now() - told_at >= NEWS_SECONDS:
            told_at = now()
            playhead = loudspeaker.playhead
            tell(underruns=max(0, underruns), jumps=playhead.jumps, cents=round(playhead.cents, 3))


def outputs() -> list[dict[str, Any]]:
    """The devices that sound can be played on.

    Raises:
        CardError: PortAudio is not there.
    """
    # Cards that play at another rate than ours: let ALSA convert.
    os.environ.setdefault("PA_ALSA_PLUGHW", "1")
    try:
        import sounddevice
    except (OSError, ImportError) as error:
        raise CardError(NO_PORTAUDIO) from error
    return [each for each in sounddevice.query_devices() if each["max_output_channels"] >= CHANNELS]


def find(name: str, devices: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The device of that name, else the first that has it in its name.

    Raises:
        CardError: there is none; the message names those there are.
    """
    found = named(name, [each["name"] for each in devices])
    for each in devices:
        if each["name"] == found:
            return each
    names = ", ".join(each["name"] for each in devices[:LISTED_MOST]) or "none at all"
    raise CardError(f"no sound card is called {name!r}; there are: {names}")


def _hear(loudspeaker: Loudspeaker) -> None:
    while (message := next_message(sys.stdin.buffer)) is not None:
        loudspeaker.hear(message)
    loudspeaker.leave()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
