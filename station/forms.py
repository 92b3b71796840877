"""The form of a piece: letters into bars, and into places in latent space.

A letter is a section as long as the model's window; the same letter is the same music, and a
small letter varies its capital.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from generators.music import Bar
from generators.walk import near, prior
from station.generator import Plan

SECTION_DISTANCE = 0.5  # from section A to another section of the same piece
VARIATION_DISTANCE = 0.2  # from a section to its small letter


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


def draw_plans(
    lot: int,
    count: int,
    draw: Callable[[np.random.Generator], np.ndarray],
    bars: tuple[Bar, ...],
    temperature: float,
) -> list[Plan]:
    """Candidates, each drawn by itself: they are the same, however many come after."""
    plans = []
    for number in range(count):
        rng = np.random.default_rng([lot, number])
        plans.append(Plan(draw(rng), bars, int(rng.integers(2**63)), temperature))
    return plans


def draw_sections(
    rng: np.random.Generator,
    *,
    form: str,
    home: np.ndarray | None,
    z_size: int,
    adventure: float,
) -> np.ndarray:
    """One latent a letter, in the order of `letters(form)`."""
    first = prior(rng, z_size)
    if home is not None:
        first = near(home, rng, adventure)
    main = {"A": first}
    latents = []
    for letter in letters(form):
        capital = letter.upper()
        if capital not in main:
            main[capital] = near(first, rng, SECTION_DISTANCE)
        latent = main[capital]
        if letter != capital:
            latent = near(latent, rng, VARIATION_DISTANCE)
        latents.append(latent)
    return np.stack(latents)
