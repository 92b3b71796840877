"""Plans the walk: what comes next, in which key, and the bridge that leads there.

The composer decides and the generator decodes. It draws everything from one seeded generator of
random numbers, so a station with a seed composes the same programme at each start.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Literal, Protocol

import numpy as np

from generators.cast import Cast
from generators.events import melody_to_tokens
from generators.keys import PITCH_CLASSES, Key, find_key, way_to_related
from generators.music import Instruments, Piece
from generators.ngrams import melody_ngrams
from generators.realise import realise
from generators.recipe import Clock, identified
from generators.titles import title
from generators.walk import bridge_bars
from station import candidates
from station.controls import Controls
from station.forms import draw_plans, draw_sections, form_bars
from station.generator import Choice, Plan
from station.show_settings import ShowSettings

ARROW = " → "  # between the titles of a bridge's ends; of a bridge, only where it led counts
BEATS_A_BAR = 4
REMEMBERED = 8  # pieces whose tunes are not to come again so soon


class Decoder(Protocol):
    """What the composer needs of the generator."""

    model: Cast | None
    device: str
    seconds_a_bar: float | None

    async def decode(self, plans: list[Plan], /) -> list[np.ndarray]: ...

    async def choose(self, plans: list[Plan], recent: np.ndarray, /) -> Choice: ...


class Composer:
    """One station's composer."""

    def __init__(
        self,
        decoder: Decoder,
        *,
        seed: int,
        candidates: int | Literal["auto"],
        clock: Clock,
        stations: int = 1,
    ) -> None:
        """`stations` share the decoder, and so the time for candidates."""
        self._decoder = decoder
        self._rng = np.random.default_rng(seed)
        self._candidates = candidates
        self._clock = clock
        self._stations = stations
        self._tunes: deque[np.ndarray] = deque(maxlen=REMEMBERED)

    def remember(self, pieces: Iterable[Piece]) -> None:
        """Pieces that were heard, oldest first: the next ones shall have other tunes."""
        self._tunes.extend(_tunes(piece) for piece in pieces)

    async def compose(
        self,
        after: Piece | None,
        show: ShowSettings,
        controls: Controls,
        ready_seconds: float = math.inf,
    ) -> list[Piece]:
        """The next piece, with the bridge to it from `after` before it where one can be made.

        `ready_seconds` is the music there is until it is needed.

        Raises:
            WorkerError: the generator could not decode; nothing was promised.
        """
        model = self._decoder.model
        if model is None:  # not loaded yet: an empty request loads it
            await self._decoder.decode([])
            model = self._decoder.model
            assert model is not None
        home = _last_latent(after, model.z_size)
        piece = await self._piece(after, home, model, show, controls, ready_seconds)
        pieces = [piece]
        if after is not None and home is not None:
            pieces = [await self._bridge(after, home, piece, show), piece]
        self.remember([piece])
        return pieces

    async def _piece(
        self,
        after: Piece | None,
        home: np.ndarray | None,
        model: Cast,
        show: ShowSettings,
        controls: Controls,
        ready_seconds: float,
    ) -> Piece:
        """The best of the candidates, brought into a key that follows from the last."""
        temperature = controls.temperature or show.temperature
        adventure = show.adventure if controls.adventure is None else controls.adventure
        form = str(self._rng.choice(show.forms))
        tempo_qpm = self._rng.uniform(min(show.tempo_qpm), max(show.tempo_qpm)) * controls.tempo
        bars = form_bars(form, model.bars)
        count = self._how_many(len(bars), float(tempo_qpm), ready_seconds)
        draw = partial(
            draw_sections, form=form, home=home, z_size=model.z_size, adventure=adventure
        )
        plans = await asyncio.to_thread(  # hundreds are too long for the event loop
            draw_plans, self._seed(), count, draw, bars, temperature
        )
        recent = np.concatenate([np.zeros(0, np.uint64), *self._tunes])
        choice = await self._decoder.choose(plans, recent)
        plan, tokens = plans[choice.index], choice.tokens
        key = find_key(realise(tokens, plan.bars))
        shift = way_to_related(parse_key(after.key), key) if after else 0
        bars = tuple(replace(bar, transpose=shift) for bar in plan.bars)
        return identified(
            Piece(
                id="",
                title=title(plan.seed),
                trio=realise(tokens, bars),
                origin="sampled",
                tempo_qpm=round(float(tempo_qpm), 1),
                tempo_end_qpm=round(float(tempo_qpm), 1),
                key=str(key.transposed(shift)),
                instruments=self._instruments(show),
                show=show.name,
                form=form,
                bars=bars,
                seed=plan.seed,
                temperature=temperature,
                parents=(),
                model=model.name,
                weights_sha256=model.sha256,
                created=self._clock(),
                latents=plan.latents,
                verdict=choice.verdict,
            )
        )

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

    async def _bridge(self, old: Piece, home: np.ndarray, new: Piece, show: ShowSettings) -> Piece:
        """The walk from the last bar of `old` to the first of `new`; the new instruments enter.

        It is sung with the noise of `new`, so that it ends as `new` begins.
        """
        model = self._decoder.model
        assert model is not None
        latents = np.stack([home, new.latents[new.bars[0].start]])
        shifts = (old.bars[-1].transpose, new.bars[0].transpose)
        bars = bridge_bars(show.bridge_bars, model.bars, shifts)
        plan = Plan(latents, bars, new.seed, new.temperature)
        [tokens] = await self._decoder.decode([plan])
        trio = realise(tokens, bars)
        return identified(
            replace(
                new,
                id="",
                title=f"{old.title.split(ARROW)[-1]}{ARROW}{new.title}",
                trio=trio,
                origin="bridge",
                tempo_qpm=old.tempo_end_qpm,
                key=str(find_key(trio)),
                form="",
                bars=bars,
                parents=(old.id, new.id),
                latents=latents,
                verdict=None,
            )
        )

    def _instruments(self, show: ShowSettings) -> Instruments:
        return Instruments(
            melody=int(self._rng.choice(show.melody_programs)),
            bass=int(self._rng.choice(show.bass_programs)),
            drum_kit=int(self._rng.choice(show.drum_kits)),
        )

    def _seed(self) -> int:
        return int(self._rng.integers(2**63))


def _tunes(piece: Piece) -> np.ndarray:
    hashes, _ = melody_ngrams(melody_to_tokens(piece.trio.melody, piece.trio.steps)[None])
    return np.unique(hashes)


def parse_key(text: str) -> Key:
    """The inverse of `str(key)`.

    Raises:
        ValueError: the text names no key.
    """
    found = re.fullmatch(r"([A-G][b#]?) (major|minor)", text)
    if not found or found[1] not in PITCH_CLASSES:
        raise ValueError(f"{text!r} is not a key; write one like 'A minor'")
    return Key(PITCH_CLASSES.index(found[1]), found[2])


def _last_latent(piece: Piece | None, z_size: int) -> np.ndarray | None:
    """Where a piece ends in latent space; None where a rule or another model made it."""
    if piece is None or not piece.bars or piece.latents.shape[1] != z_size:
        return None
    latent: np.ndarray = piece.latents[piece.bars[-1].end]
    return latent
