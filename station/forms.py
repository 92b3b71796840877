"""The form of a piece: its sections, who rests in each, and the bars they come to.

A capital letter is a section and a small one its variation; the same letter is the same music. A
section lasts eight bars, or the model's window where that is longer. Where the window is shorter,
a section is a phrase and its answer: the window again, which ends as the variation does if the
form has one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from generators.music import STEPS_PER_BAR, STEPS_PER_QUARTER, Bar
from generators.walk import near, prior, rounded
from station.generator import Plan

SECTION_BARS = 8
SECTION_DISTANCE = 0.5  # from section A to another section of the same piece
VARIATION_DISTANCE = 0.2  # from a section to its small letter
# One to four minutes, and a little inside them: a tempo may be rounded after this.
LEAST_SECONDS = 60.5
MOST_SECONDS = 238.0
LETTERS = re.compile("A[A-Da-d]{0,15}")
DRUMS = "d"


@dataclass(frozen=True, slots=True)
class Form:
    """Sections in their order, and who rests in each.

    Rests are initials, in the order in which the parts come in. A rest lasts through the section
    or through half of it: the first half, but the second where the piece ends.
    """

    letters: str
    rests: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.letters) != len(self.rests):
            raise ValueError(f"{self.letters} has {len(self.letters)} sections, not {self.rests}")

    def fitted(self, model_bars: int, tempo_qpm: float) -> Form:
        """The form, with as many sections as last one to four minutes; itself where it does.

        Opening and end stay. What is between comes round once more, or is cut from its beginning
        on: what leads to the end is always heard.

        Args:
            model_bars: the model's window.
            tempo_qpm: quarter notes a minute.
        """
        seconds = section_bars(model_bars) * STEPS_PER_BAR / STEPS_PER_QUARTER * 60 / tempo_qpm
        least = math.ceil(LEAST_SECONDS / seconds)
        most = max(1, math.floor(MOST_SECONDS / seconds))  # of a very slow one there is a section
        count = min(max(len(self.letters), least), most)
        if count == len(self.letters):
            return self
        last = len(self.letters) - 1
        inner = range(1, last) or range(last, -1, -1)
        between = [inner[number % len(inner)] for number in range(2 - count, 0)]
        order = [0, *between, last][:count]
        return Form(
            letters=_renamed("".join(self.letters[at] for at in order)),
            rests=tuple(self.rests[at] for at in order),
        )

    def bars(self, model_bars: int, tempo_qpm: float, rng: np.random.Generator) -> tuple[Bar, ...]:
        """All bars of a piece, of the form `fitted` gives for the same arguments.

        The drums lead over into whatever changes while they play or as they enter.
        """
        form = self.fitted(model_bars, tempo_qpm)
        section = section_bars(model_bars)
        bars = [
            replace(bar, rests=rests[2 * number // section])
            for at, letter in enumerate(form.letters)
            for rests in [_halves(form.rests[at], rng, is_end=0 < at == len(form.letters) - 1)]
            for number, bar in enumerate(_section(letter, form.letters, model_bars))
        ]
        for number, following in enumerate(bars[1:]):
            is_change = (number + 1) % section == 0 or following.rests != bars[number].rests
            if is_change and DRUMS not in following.rests:
                bars[number] = replace(bars[number], fill=True)
        return tuple(bars)


FORMS = {
    "song": Form("AaBABA", ("d", "", "", "", "m", "")),
    "ballad": Form("AaBaA", ("md", "d", "", "", "d")),
    "rondo": Form("ABACA", ("d", "", "", "b", "")),
    "build": Form("AaABbB", ("dm", "m", "", "", "", "")),
    "arch": Form("ABCBA", ("d", "", "m", "", "d")),
    "drift": Form("AaBbaA", ("d", "", "m", "d", "", "md")),
}


def form_named(text: str) -> Form:
    """A form of the table, or the one that letters make: "AaBA".

    Raises:
        ValueError: the text is neither.
    """
    if text in FORMS:
        return FORMS[text]
    if not LETTERS.fullmatch(text):
        raise ValueError(
            f"{text!r} is not a form; take one of {', '.join(FORMS)}, or write up to 16 letters "
            "like 'AaBA': A to D are sections, a to d their variations, and A is the first"
        )
    rests = [""] * len(text)
    if len(text) > 1:
        rests[0] = DRUMS
    if len(text) > 2:
        rests[-1] = DRUMS
    if len(text) > 4:
        rests[-2] = "m"
    return Form(text, tuple(rests))


def section_bars(model_bars: int) -> int:
    """Bars a section, with a model whose window is `model_bars`."""
    return model_bars * max(1, SECTION_BARS // model_bars)


def letters(form: str) -> list[str]:
    """The different letters of a form, as they first come: "AaBA" gives A, a, B."""
    return list(dict.fromkeys(form))


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
        plans.append(Plan(rounded(draw(rng)), bars, int(rng.integers(2**63)), temperature))
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


def _section(letter: str, form: str, model_bars: int) -> list[Bar]:
    """One section: the window, and then its answer as often as there is room.

    A variation is sung with the noise of its capital, so that it differs by its latent alone.
    """
    order = letters(form)
    other = letter.swapcase() if letter.swapcase() in order else letter
    bars = []
    for number in range(section_bars(model_bars)):
        window, place = divmod(number, model_bars)
        answers = window % 2 == 1 and 2 * place >= model_bars
        at = order.index(other if answers else letter)
        bars.append(Bar(at, at, 0.0, place, take=ord(letter.upper()) - ord("A")))
    return bars


def _halves(rests: str, rng: np.random.Generator, is_end: bool) -> Sequence[str]:
    """Who rests in the first half of a section, and who in the second.

    Of two parts one comes in half-way; one part alone does, or does not.
    """
    halves = (rests, rests[1:] if len(rests) > 1 else str(rng.choice([rests, ""])))
    return halves[::-1] if is_end else halves


def _renamed(form: str) -> str:
    """The same form with its sections in the order of the alphabet: "ACBA" is "ABCA"."""
    names = dict(zip(letters(form.upper()), "ABCD", strict=False))
    return "".join(
        names[letter] if letter.isupper() else names[letter.upper()].lower() for letter in form
    )
