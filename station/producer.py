"""What goes on the shelf: composed for the show of the hour, balanced, and ready in time.

The same on air as offline; nothing here knows of clocks, mounts or sound.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from generators.music import Piece
from generators.patterns import pattern_piece
from generators.recipe import Clock
from renderer.balancer import Balancer
from renderer.errors import RenderError
from station.bridges import Decoder
from station.candidates import STEADY
from station.composer import Composer
from station.controls import Controls
from station.dials import Dials, dials_at
from station.palettes import first_instruments
from station.settings import Settings
from station.shelf import Shelf
from station.show_settings import ShowSettings
from station.shows import show_at
from station.turns import Turns

logger = logging.getLogger(__name__)

FIRST_COMPOSE_SECONDS = 6.0  # a guess, until one was measured
MEASURED = 4  # compositions whose time tells how long the next takes


class Producer:
    """One station's: its composer, its shelf, its show and its controls."""

    def __init__(
        self,
        settings: Settings,
        station: str,
        decoder: Decoder,
        balancer: Balancer | None,
        *,
        seed: int,
        steady: bool,
        utc: Clock,
        now: Callable[[], float] = time.monotonic,
        turns: Turns | None = None,
    ) -> None:
        """
        Args:
            balancer: measures each piece before it is promised; None where nobody will hear them.
            steady: the programme must not hang on how fast this machine is.
            turns: who tops up when, where several stations do.
        """
        self.settings = settings.stations[station]
        self.controls = Controls()
        self.show = show_at(self.settings.shows, self.settings.timezone, utc())
        self.shelf = Shelf(self._pattern)
        wanted = settings.generator.candidates
        self.composer = Composer(
            decoder,
            seed=seed,
            candidates=STEADY if wanted == "auto" and steady else wanted,
            clock=utc,
            timezone=self.settings.timezone,
            stations=len(settings.stations),
        )
        # One plan at a time: the composer's dice are thrown in order.
        self.planning = asyncio.Lock()
        self._balancer = balancer
        self._turns = turns or Turns()
        self._shelf_seconds = settings.generator.shelf_minutes * 60
        self._utc = utc
        self._now = now
        self._seed = seed
        self._patterns = 0
        self._took_seconds: deque[float] = deque(maxlen=MEASURED)

    @property
    def wanted(self) -> tuple[ShowSettings, Controls]:
        """What composing follows; what was composed for another is out of date."""
        return self.show, self.controls

    @property
    def compose_seconds(self) -> float:
        """How long a piece takes to be ready for air: the worst of the last ones."""
        return max(self._took_seconds, default=FIRST_COMPOSE_SECONDS)

    @property
    def dials(self) -> Dials:
        """What show and controls come to at this hour."""
        local = self._utc().astimezone(ZoneInfo(self.settings.timezone))
        return dials_at(self.show, self.controls, local.time())

    def turn(self, changes: dict[str, Any]) -> None:
        """Change the controls; what is composed from now on follows them.

        Raises:
            ValueError: see Controls.changed.
        """
        self.controls = self.controls.changed(changes)

    def begin_show(self) -> bool:
        """Go over to the show of this hour; whether it is another."""
        show = show_at(self.settings.shows, self.settings.timezone, self._utc())
        if show == self.show:
            return False
        self.show = show
        self.shelf.trim()
        return True

    async def top_up(self) -> None:
        """Compose until the shelf is full.

        Raises:
            WorkerError: the generator failed; what was ready stays.
        """
        while self.shelf.seconds < self._shelf_seconds:
            async with self._turns.turn(self.shelf.seconds), self.planning:
                after, wanted = self.shelf.last, self.wanted
                pieces = await self.compose(after, self.shelf.seconds)
                if wanted == self.wanted and not self.shelf.add(pieces, after):
                    # Something stood in meanwhile, and the bridge begins elsewhere. The piece is
                    # good: to make another would take as long, and the shelf might never fill.
                    self.shelf.add(pieces[-1:], self.shelf.last)

    async def compose(
        self, after: Piece | None, ready_seconds: float, leave_bar: int = -1
    ) -> list[Piece]:
        """What may come after bar `leave_bar` of `after`, balanced. Hold `planning`.

        Raises:
            WorkerError: see Composer.compose.
        """
        began = self._now()
        pieces = await self.composer.compose(
            after, self.show, self.controls, ready_seconds, leave_bar
        )
        if self._balancer is not None:
            await self._balance(self._balancer, pieces)
        self._took_seconds.append(self._now() - began)
        return pieces

    async def _balance(self, balancer: Balancer, pieces: Sequence[Piece]) -> None:
        """Have them measured, so that the player finds their balance at once."""
        for piece in pieces:
            try:
                await asyncio.wrap_future(balancer.ahead(piece))
            except RenderError as error:
                logger.warning("%s plays in its plain balance: %s", piece.id, error)

    def _pattern(self) -> Piece:
        self._patterns += 1
        show, seed = self.show, (self._seed + self._patterns) % 2**63
        tempo_qpm = random.Random(seed).uniform(*show.tempo_qpm)
        return pattern_piece(seed, show.name, tempo_qpm, first_instruments(show), self._utc)
