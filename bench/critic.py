"""What the critic makes of real music, of single samples, and of its own choices.

    python bench/critic.py CORPUS [--pieces 64] [--candidates 24]

Prints the marks of held-out windows of four bars, and of pieces as the
station's composer makes them from one candidate and from many; then the held-out spread of what
is measured, from which the bands in generators/critic.py were read; then what judging costs.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from bench.chain import InProcess
from generators.corpus import Corpus
from generators.critic import NAMES, TERMS, judge_many
from generators.events import trio_to_tokens
from generators.ngrams import known_melodies, known_shares, melody_ngrams
from generators.sections import sections
from generators.windows import Windows
from station.composer import Composer
from station.controls import Controls
from station.show_settings import DAY

HELD_OUT = 1000  # windows
SHOWN_PERCENTILES = (5, 25, 50, 75, 95)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]  # there is one
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--pieces", type=int, default=64)
    parser.add_argument("--candidates", type=int, default=24)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    corpus = Corpus.load(arguments.corpus)
    known = known_melodies(corpus)
    held_out = Windows(corpus, 4, held_out=True).spread(HELD_OUT).reshape(-1, 64, 3)
    rows = {"held-out music": held_out}
    for candidates in (1, arguments.candidates):
        rows[f"best of {candidates}"] = composed(arguments.pieces, candidates)

    print(f"{'':16} total {' '.join(f'{name:>9}' for name in NAMES)}")
    for name, tokens in rows.items():
        totals, marks = judge_many(tokens, known=known)
        print(f"{name:16} {totals.mean():.3f} {' '.join(f'{m:9.3f}' for m in marks.mean(axis=0))}")
    for name, tokens in rows.items():
        hashes, owners = melody_ngrams(tokens[:, :, 0])
        share = known_shares(hashes, owners, len(tokens), known)
        print(f"{name}: {share.mean():.2%} of the tunes are known from training")

    print(f"\nheld-out, {' '.join(f'{p:>6} %' for p in SHOWN_PERCENTILES)}   band")
    for term, measures in TERMS.items():
        for measure, band in measures:
            values = np.concatenate([measure(part) for part in sections(held_out)])
            shown = " ".join(f"{v:8.2f}" for v in np.percentile(values, SHOWN_PERCENTILES))
            edges = (band.lowest, band.low, band.high, band.highest)
            print(f"{term:9} {shown}   {' '.join(f'{edge:5g}' for edge in edges)}")

    many = np.tile(rows["best of 1"][:64], (1, 2, 1))[:, : 32 * 16]
    started = time.process_time()
    judge_many(many, known=known)
    spent = 1000 * (time.process_time() - started)
    print(f"\n{len(many)} pieces of {many.shape[1] // 16} bars judged in {spent:.0f} ms")


def composed(pieces: int, candidates: int) -> np.ndarray:
    """Pieces of 16 bars as the composer chooses them, tokens `(n, 256, 3)`."""
    clock = lambda: datetime.now(UTC)  # noqa: E731
    composer = Composer(InProcess(), seed=1, candidates=candidates, clock=clock)
    trios = [asyncio.run(composer.compose(None, DAY, Controls()))[0].trio for _ in range(pieces)]
    return np.stack([trio_to_tokens(trio) for trio in trios])


if __name__ == "__main__":
    main()
