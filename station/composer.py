"""Plans the walk: what comes next, in which key, and the bridge that leads there.

The composer decides and the generator decodes. It draws everything from one seeded generator of
random numbers, so a station with a seed composes the same programme at each start.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterable
from datetime import time, timedelta
from functools import partial
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np

from generators.cast import Cast
from generators.events import melody_to_tokens
from generators.keys import Key, find_key, parse_key
from generators.music import Bar, Piece
from generators.ngrams import melody_ngrams
from generators.realise import realise
from generators.recipe import Clock, composer, identified
from generators.titles import title
from station import candidates
from station.bridges import Decoder, bridge_between, left_at
from station.controls import Controls
from station.dials import Dials, dials_at, directions_of, steer, wish
from station.forms import draw_plans, draw_sections, form_named
from station.harmony import harmonised, moved, way_on
from station.palettes import choose_instruments, seated
from station.performing import performed
from station.show_settings import ShowSettings
from station.taste import Taste

BEATS_A_BAR = 4
REMEMBERED = 8  # pieces whose tunes are not to come again so soon


class Composer:
    """One station's composer."""

    def __init__(
        self,
        decoder: Decoder,
        *,
        seed: int,
        candidates: int | Literal["auto"],
        clock: Clock,
        timezone: str = "UTC",
        stations: int = 1,
    ) -> None:
        """`stations` share the decoder, and so the time for candidates."""
        self._decoder = decoder
        self._rng = np.random.default_rng(seed)
        self._candidates = candidates
        self._clock = clock
        self._zone = ZoneInfo(timezone)
        self._stations = stations
        self._tunes: deque[np.ndarray] = deque(maxlen=REMEMBERED)
        self.taste = Taste()  # what listeners like: the next pieces may lean to it

    def remember(self, pieces: Iterable[Piece]) -> None:
        """Pieces that were heard, oldest first: the next ones shall have other tunes."""
        self._tunes.extend(_tunes(piece) for piece in pieces)

    async def compose(
        self,
        after: Piece | None,
        show: ShowSettings,
        controls: Controls,
        ready_seconds: float = math.inf,
        leave_bar: int = -1,
    ) -> list[Piece]:
        """The next piece, with the bridge to it from `after` before it where one can be made.

        Args:
            ready_seconds: the music there is until it is needed.
            leave_bar: the bar of `after` that is its last to be heard.

        Raises:
            WorkerError: the generator could not decode; nothing was promised.
        """
        model = await self._model()
        home = None if after is None else left_at(after, leave_bar, model.z_size)
        piece = await self._piece(model, after, home, show, controls, ready_seconds)
        self.remember([piece])
        if after is None or home is None:
            return [piece]
        bridge = await bridge_between(
            self._decoder,
            after,
            piece,
            bars=show.bridge_bars,
            clock=self._clock,
            leave_bar=leave_bar,
            show=show,
        )
        return [bridge, piece]

    async def _model(self) -> Cast:
        if self._decoder.model is None:
            await self._decoder.decode([])  # an empty request loads it
            assert self._decoder.model is not None
        return self._decoder.model

    async def _piece(
        self,
        model: Cast,
        after: Piece | None,
        home: np.ndarray | None,
        show: ShowSettings,
        controls: Controls,
        ready_seconds: float,
    ) -> Piece:
        """The best of the candidates, brought into a key that follows from the last."""
        dials = dials_at(show, controls, self._local_time(ready_seconds))
        if home is not None:
            home = self.taste.lean(home, show.name, self._rng)
        tempo_qpm = float(self._rng.uniform(min(show.tempo_qpm), max(show.tempo_qpm)) * dials.tempo)
        form = form_named(str(self._rng.choice(show.forms))).fitted(model.bars, tempo_qpm)
        bars = form.bars(model.bars, tempo_qpm, self._rng)
        draw = partial(
            draw_sections,
            form=form.letters,
            home=home,
            z_size=model.z_size,
            adventure=dials.adventure,
        )
        directions = directions_of(model.lead.path)
        plans = await asyncio.to_thread(  # hundreds are too long for the event loop
            draw_plans,
            self._seed(),
            self._how_many(len(bars), tempo_qpm, ready_seconds),
            lambda rng: steer(draw(rng), dials, directions),
            bars,
            dials.temperature,
        )
        recent = np.concatenate([np.zeros(0, np.uint64), *self._tunes])
        choice = await self._decoder.choose(plans, recent, wish(dials))
        plan, tokens = plans[choice.index], choice.tokens
        bars, key = _in_key(tokens, plan.bars, after, show, dials)
        tempo_qpm = round(tempo_qpm, 1)
        trio, groove_sha256 = await performed(
            self._decoder, tokens, bars, show.humanize_percent, tempo_qpm
        )
        instruments = choose_instruments(show, trio, self._rng)
        return identified(
            Piece(
                id="",
                title=title(plan.seed),
                trio=seated(trio, instruments),
                origin="sampled",
                tempo_qpm=tempo_qpm,
                tempo_end_qpm=tempo_qpm,
                key=str(key),
                instruments=instruments,
                show=show.name,
                form=form.letters,
                bars=bars,
                seed=plan.seed,
                temperature=dials.temperature,
                parents=(),
                model=model.name,
                weights_sha256=model.sha256,
                created=self._clock(),
                latents=plan.latents,
                humanize_percent=show.humanize_percent,
                groove_sha256=groove_sha256,
                composer=composer(self._decoder.arithmetic),
                verdict=choice.verdict,
            )
        )

    def _local_time(self, ready_seconds: float) -> time:
        """When the next piece will be heard, by the station's clock on the wall."""
        wait = timedelta(seconds=ready_seconds if math.isfinite(ready_seconds) else 0)
        return (self._clock() + wait).astimezone(self._zone).time()

    def _how_many(self, bars: int, tempo_qpm: float, ready_seconds: float) -> int:
        if self._candidates != "auto":
            return self._candidates
        seconds_a_bar = self._decoder.seconds_a_bar
        return candidates.how_many(
            piece_seconds=bars * BEATS_A_BAR * 60 / tempo_qpm,
            ready_seconds=ready_seconds,
            seconds_each=None if seconds_a_bar is None else seconds_a_bar * bars,
            device=self._decoder.device,
            stations=self._stations,
        )

    def _seed(self) -> int:
        return int(self._rng.integers(2**63))


def _in_key(
    tokens: np.ndarray,
    bars: tuple[Bar, ...],
    after: Piece | None,
    show: ShowSettings,
    dials: Dials,
) -> tuple[tuple[Bar, ...], Key]:
    """The bars moved into a key that follows from the last piece's, and that key."""
    bars = harmonised(tokens, bars)
    key = find_key(realise(tokens, bars))
    previous = None if after is None else parse_key(after.key)
    shift = way_on(previous, key, show.harmony, dials.key)
    return moved(bars, shift), key.transposed(shift)


def _tunes(piece: Piece) -> np.ndarray:
    hashes, _ = melody_ngrams(melody_to_tokens(piece.trio.melody, piece.trio.steps)[None])
    return np.unique(hashes)
