"""What moving sections into one key does to pieces, and how long pieces get.

    python bench/form.py [--pieces 240] [--candidates 24]

Samples pieces with the shipped model as the composer does, the named forms in turns, and compares
them as they were sung with themselves as they are played. Then says how long each form lasts.
"""

from __future__ import annotations

import argparse
from functools import partial

import numpy as np
import torch

from generators.critic import choose
from generators.events import HARMONIC_PARTS, tokens_to_trio, transpose
from generators.keys import fifths_apart, find_key
from generators.music import STEPS_PER_BAR, Bar
from generators.sampler import Sampler, best_device
from generators.sections import clarity, consonance, in_scale, sections
from generators.weights import SHIPPED_MODEL, load_model, open_model
from station.forms import FORMS, draw_plans, draw_sections, section_bars
from station.harmony import harmonised

MODEL_BARS = 4
TEMPERATURE = 0.9
TEMPI_QPM = (50, 70, 92, 112, 160)
WINDOWS = (4, 16)
MEASURES = ("sections over a fifth from the first", "in scale", "clarity", "consonance")


def main() -> None:
    parser = argparse.ArgumentParser(description="Keys of sections, and lengths of pieces.")
    parser.add_argument("--pieces", type=int, default=240)
    parser.add_argument("--candidates", type=int, default=24)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = open_model(SHIPPED_MODEL)
    sampler = Sampler(load_model(model), best_device())
    for candidates in sorted({1, arguments.candidates}):
        print(f"{arguments.pieces} pieces, best of {candidates}, as sung and as played")
        pieces = [
            sampled(sampler, model.config.z_size, number, candidates)
            for number in range(arguments.pieces)
        ]
        sung = np.mean([measures(tokens, bars) for tokens, bars in pieces], axis=0)
        played = np.mean([measures(t, harmonised(t, bars)) for t, bars in pieces], axis=0)
        for name, before, after in zip(MEASURES, sung, played, strict=True):
            print(f"{name:>37}: {before:.3f} {after:.3f}")
    print_lengths()


def sampled(
    sampler: Sampler, z_size: int, number: int, candidates: int
) -> tuple[np.ndarray, tuple[Bar, ...]]:
    """A piece's tokens, int16 `(16 bars, 3)`, and its bars."""
    form = list(FORMS.values())[number % len(FORMS)]
    bars = form.bars(MODEL_BARS, TEMPI_QPM[2], np.random.default_rng([0, number]))
    draw = partial(draw_sections, form=form.letters, home=None, z_size=z_size, adventure=1.0)
    plans = draw_plans(number, candidates, draw, bars, TEMPERATURE)
    tokens = sampler.decode_many([(p.latents, p.bars, p.seed, p.temperature) for p in plans])
    best, _ = choose(np.stack(tokens))
    return tokens[best], bars


def measures(tokens: np.ndarray, bars: tuple[Bar, ...]) -> tuple[float, ...]:
    """One figure for each of `MEASURES`; the last three are the critic's, over the whole piece."""
    shifts = np.repeat([bar.transpose for bar in bars], STEPS_PER_BAR)[:, None]
    heard = tokens.copy()
    heard[:, :HARMONIC_PARTS] = transpose(tokens[:, :HARMONIC_PARTS], shifts)
    takes = np.repeat([bar.take for bar in bars], STEPS_PER_BAR)
    home, *others = (find_key(tokens_to_trio(heard[takes == t])) for t in np.unique(takes))
    far = np.mean([fifths_apart(home, key) > 1 for key in others])
    whole = sections(heard[None])
    means = (
        np.mean([of(section)[0] for section in whole]) for of in (in_scale, clarity, consonance)
    )
    return float(far), *map(float, means)


def print_lengths() -> None:
    print(f"seconds at {', '.join(map(str, TEMPI_QPM))} quarter notes a minute")
    for window in WINDOWS:
        bar_seconds = [240 / tempo for tempo in TEMPI_QPM]
        for name, form in FORMS.items():
            fitted = [form.fitted(window, tempo).letters for tempo in TEMPI_QPM]
            lengths = ", ".join(
                f"{letters} {len(letters) * section_bars(window) * seconds:.0f}"
                for letters, seconds in zip(fitted, bar_seconds, strict=True)
            )
            print(f"window of {window:2} bars, {name:>6}: {lengths}")


if __name__ == "__main__":
    main()
