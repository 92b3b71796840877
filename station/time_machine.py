"""What was aired at a time, for whoever asks: replays that share what they have measured."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime

from renderer.balancer import Balancer, give_way
from renderer.fonts import Fonts
from renderer.recording import Sending
from station.replaying import WARM_UP_SECONDS, Replay
from storage.database import Database


class TimeMachine:
    """The replays of this process. What they measure is not forgotten, nor mixed with the air's."""

    def __init__(self, database: Database, fonts: Fonts) -> None:
        """`fonts`: all there are, for a piece of old may ask for any."""
        self._database = database
        self._make_synth = fonts.synth
        self._balancer = Balancer(fonts.synth)

    def replay(
        self,
        station: str,
        begins: datetime,
        seconds: float,
        warm_up_seconds: float = WARM_UP_SECONDS,
    ) -> Replay:
        """
        Raises:
            NothingAiredError, DatabaseError: as Replay.
        """
        return Replay(
            self._database,
            station,
            begins,
            seconds,
            make_synth=self._make_synth,
            balancer=self._balancer,
            warm_up_seconds=warm_up_seconds,
        )


def coded(replay: Replay, kind: str, artist: str) -> Generator[tuple[bytes, int], None, None]:
    """A replay as bytes of a kind, and how many frames of sound each part has; some have none.

    Raises:
        DatabaseError, RenderError: it cannot go on.
    """
    sending = Sending(kind, title=f"{artist}, {replay.begins:%Y-%m-%d %H:%M:%S} UTC", artist=artist)
    with closing(sending), closing(replay.sound()) as sound:
        for block in sound:
            yield sending.write(block) if len(block) else b"", len(block)
        yield sending.finish(), 0


def thread() -> ThreadPoolExecutor:
    """One for a replay, that gives way to what is on air."""
    return ThreadPoolExecutor(1, "replay", initializer=give_way)
