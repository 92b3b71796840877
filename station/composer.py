"""Plans the walk: what comes next, in which key, and the bridge that leads there.

The composer decides and the generator decodes. It draws everything from one seeded generator of
random numbers, so a station with a seed composes the same programme at each start.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Protocol

import numpy as np

from generators.critic import score
from generators.keys import PITCH_CLASSES, Key, find_key, way_to_related
from generators.music import Bar, Instruments, Piece
from generators.realise import realise
from generators.recipe import Clock, identified
from generators.titles import title
from generators.walk import bridge_bars, near, prior
from generators.weights import ModelFolder
from station.controls import Controls
from station.generator import Plan
from station.settings import ShowSettings

SECTION_DISTANCE = 0.5  # from section A to another section of the same piece
ARROW = " → "  # between the titles of a bridge's ends; of a bridge, only where it led counts
VARIATION_DISTANCE = 0.2  # from a section to its small letter


class Decoder(Protocol):
    """What the composer needs of the generator."""

    model: ModelFolder | None

    async def decode(self, plans: list[Plan], /) -> list[np.ndarray]: ...


class Composer:
    """One station's composer."""

    def __init__(self, decoder: Decoder, *, seed: int, candidates: int, clock: Clock) -> None:
        self._decoder = decoder
        self._rng = np.random.default_rng(seed)
        self._candidates = candidates
        self._clock = clock

    async def compose(
        self, after: Piece | None, show: ShowSettings, controls: Controls
    ) -> list[Piece]:
        """The next piece, with the bridge to it from `after` before it where one can be made.

        Raises:
            WorkerError: the generator could not decode; nothing was promised.
        """
        model = self._decoder.model
        if model is None:  # not loaded yet: an empty request loads it
            await self._decoder.decode([])
            model = self._decoder.model
            assert model is not None
        home = _last_latent(after, model.config.z_size)
        piece = await self._piece(after, home, model, show, controls)
        if after is None or home is None:
            return [piece]
        return [await self._bridge(after, home, piece, show), piece]

    async def _piece(
        self,
        after: Piece | None,
        home: np.ndarray | None,
        model: ModelFolder,
        show: ShowSettings,
        controls: Controls,
    ) -> Piece:
        """The best of the candidates, brought into a key that follows from the last."""
        temperature = controls.temperature or show.temperature
        adventure = show.adventure if controls.adventure is None else controls.adventure
        form = str(self._rng.choice(show.forms))
        plans = []
        for _ in range(self._candidates):
            latents = self._sections(form, home, model.config.z_size, adventure)
            bars = form_bars(form, model.config.bars)
            plans.append(Plan(latents, bars, self._seed(), temperature))
        decoded = await self._decoder.decode(plans)
        best = await asyncio.to_thread(_best, plans, decoded)  # too long for the event loop
        plan, tokens = plans[best], decoded[best]
        key = find_key(realise(tokens, plan.bars))
        shift = way_to_related(parse_key(after.key), key) if after else 0
        bars = tuple(replace(bar, transpose=shift) for bar in plan.bars)
        tempo_qpm = self._rng.uniform(min(show.tempo_qpm), max(show.tempo_qpm)) * controls.tempo
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
            )
        )

    async def _bridge(self, old: Piece, home: np.ndarray, new: Piece, show: ShowSettings) -> Piece:
        """The walk from the last bar of `old` to the first of `new`; the new instruments enter.

        It is sung with the noise of `new`, so that it ends as `new` begins.
        """
        model = self._decoder.model
        assert model is not None
        latents = np.stack([home, new.latents[new.bars[0].start]])
        shifts = (old.bars[-1].transpose, new.bars[0].transpose)
        bars = bridge_bars(show.bridge_bars, model.config.bars, shifts)
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
            )
        )

    def _sections(
        self, form: str, home: np.ndarray | None, z_size: int, adventure: float
    ) -> np.ndarray:
        """One latent a letter, in the order of `letters(form)`."""
        first = prior(self._rng, z_size)
        if home is not None:
            first = near(home, self._rng, adventure)
        main = {"A": first}
        latents = []
        for letter in letters(form):
            capital = letter.upper()
            if capital not in main:
                main[capital] = near(first, self._rng, SECTION_DISTANCE)
            latent = main[capital]
            if letter != capital:
                latent = near(latent, self._rng, VARIATION_DISTANCE)
            latents.append(latent)
        return np.stack(latents)

    def _instruments(self, show: ShowSettings) -> Instruments:
        return Instruments(
            melody=int(self._rng.choice(show.melody_programs)),
            bass=int(self._rng.choice(show.bass_programs)),
            drum_kit=int(self._rng.choice(show.drum_kits)),
        )

    def _seed(self) -> int:
        return int(self._rng.integers(2**63))


def _best(plans: list[Plan], decoded: list[np.ndarray]) -> int:
    """Which of the candidates the critic likes most."""
    scores = [score(realise(t, p.bars)) for t, p in zip(decoded, plans, strict=True)]
    return int(np.argmax(scores))


def letters(form: str) -> list[str]:
    """The different letters of a form, as they first come: "AaBA" gives A, a, B."""
    return list(dict.fromkeys(form))


def form_bars(form: str, model_bars: int) -> tuple[Bar, ...]:
    """A section a letter, each as long as the model's window; the same letter, the same bars.

    A variation is sung with the noise of its capital, so that it differs by its latent alone.
    """
    order = letters(form)
    return tuple(
        Bar(start=at, end=at, t=0.0, place=place, take=ord(letter.upper()) - ord("A"))
        for letter in form
        for at in [order.index(letter)]
        for place in range(model_bars)
    )


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
