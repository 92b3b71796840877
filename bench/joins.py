"""How good our bridges are, beside simpler ways from one piece to the next.

    python bench/joins.py OUT [--joins 300] [--sounded 40] [--candidates 4] [--seed 1]

Composes joins as the station does, of all shows in turn, and puts them against a straight line in
latent space, a hard cut and an equal-power crossfade of two seconds. Steps and clashes are read
from the notes, gap, loudness and grid error from the sound of the first `--sounded` joins. Prints
a table, and leaves joins.jsonl and joins.png in OUT; run again, it goes on where it was.
docs/joins.md says what the figures mean.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from bench.chain import InProcess
from bench.join_sound import Booth
from bench.joining import WAYS, Joint, noted, straight_line
from generators.distance import bar_distances
from renderer.soundfont import find_soundfont
from station.composer import Composer
from station.controls import Controls
from station.show_settings import SHOWS

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
Row = dict[str, Any]  # number; inside: steps inside both pieces; ways: Figures by way


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--joins", type=int, default=300)
    parser.add_argument("--sounded", type=int, default=40)
    parser.add_argument("--candidates", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    file = arguments.out / "joins.jsonl"
    rows = _read(file)
    decoder, booth = InProcess(), Booth(find_soundfont().path)
    missing = [number for number in range(arguments.joins) if number not in rows]
    for number in tqdm(missing, unit="join"):
        joint = asyncio.run(compose(decoder, number, arguments.seed, arguments.candidates))
        rows[number] = measured(number, joint, booth if number < arguments.sounded else None)
        with file.open("a") as lines:
            lines.write(json.dumps(rows[number]) + "\n")
    chosen = [rows[number] for number in range(arguments.joins)]
    print(table(chosen))
    plot(chosen, arguments.out / "joins.png")


async def compose(decoder: InProcess, number: int, seed: int, candidates: int) -> Joint:
    """Two pieces of one show, as a station composes them, and the ways between."""
    show = SHOWS[number % len(SHOWS)]
    composer = Composer(decoder, seed=seed + number, candidates=candidates, clock=lambda: NOON)
    [old] = await composer.compose(None, show, Controls())
    bridge, new = await composer.compose(old, show, Controls())
    return Joint(old, bridge, await straight_line(decoder, old, bridge, new), new)


def measured(number: int, joint: Joint, booth: Booth | None) -> Row:
    ways = {way: noted(way, joint) for way in WAYS}
    if booth is not None:
        ways = {way: booth.heard(way, figures, joint) for way, figures in ways.items()}
    inside = [*bar_distances(joint.old.trio), *bar_distances(joint.new.trio)]
    return {
        "number": number,
        "inside": np.round(inside, 4).tolist(),
        "ways": {way: asdict(figures) for way, figures in ways.items()},
    }


def table(rows: list[Row]) -> str:
    """The figures of each way over all joins."""
    inside = np.concatenate([row["inside"] for row in rows])
    usual, most = np.percentile(inside, (50, 95))
    sounded = sum(row["ways"][WAYS[0]]["gap_frames"] is not None for row in rows)
    lines = [
        f"{len(rows)} joins, {sounded} of them rendered; steps are over those inside pieces "
        f"(median {usual:.2f}, 95 % {most:.2f})",
        f"{'':14} {'median':>7} {'95 %':>6} {'clash':>6} {'grid ms':>8} {'gap':>6} {'LU 95 %':>8}",
    ]
    for way in WAYS:
        figures = [row["ways"][way] for row in rows]
        half, worst = np.percentile(np.concatenate([f["steps"] for f in figures]), (50, 95))
        clashing = [f["clash"] for f in figures if f["clash"] is not None]
        heard = [f for f in figures if f["gap_frames"] is not None]
        grid = max(f["grid_error_ms"] for f in heard or figures)
        lines.append(
            f"{way:14} {half / usual:7.2f} {worst / most:6.2f} "
            + (f"{np.mean(clashing):6.2f} " if clashing else f"{'-':>6} ")
            + f"{grid:8.2f} "
            + (
                f"{max(f['gap_frames'] for f in heard):6} "
                f"{np.percentile([abs(f['loudness_step_lu']) for f in heard], 95):8.2f}"
                if heard
                else f"{'-':>6} {'-':>8}"
            )
        )
    return "\n".join(lines)


def plot(rows: list[Row], file: Path) -> None:
    """Steps, clashes, loudness and the way along a bridge, all four ways in each."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    inside = np.sort(np.concatenate([row["inside"] for row in rows]))
    figure, ((steps, along), (clashes, loudness)) = pyplot.subplots(2, 2, figsize=(11, 8))
    steps.plot(inside, np.linspace(0, 1, len(inside)), "k", label="inside pieces")
    for number, way in enumerate(WAYS):
        color = f"C{number}"
        figures = [row["ways"][way] for row in rows]
        of_way = np.sort(np.concatenate([f["steps"] for f in figures]))
        steps.plot(of_way, np.linspace(0, 1, len(of_way)), color, label=way)
        if len(figures[0]["steps"]) > 1:
            count = min(len(f["steps"]) for f in figures)
            shortest = [f["steps"] for f in figures if len(f["steps"]) == count]
            along.plot(range(1, count + 1), np.median(shortest, axis=0), f"o-{color}", label=way)
        clashing = [f["clash"] for f in figures if f["clash"] is not None]
        if clashing:
            clashes.hist(clashing, np.linspace(0, 1, 21), histtype="step", color=color, label=way)
        heard = [f["loudness_step_lu"] for f in figures if f["loudness_step_lu"] is not None]
        if heard:
            loudness.hist(heard, np.linspace(-6, 6, 25), histtype="step", color=color, label=way)
    along.axhline(np.median(inside), color="k", linestyle=":", label="median inside pieces")
    for axes, title, label in (
        (steps, "steps from bar to bar, cumulated", "distance"),
        (along, "median step along the shortest bridges", "step"),
        (clashes, "dissonance in the overlap", "share of the time"),
        (loudness, "loudness step", "LU"),
    ):
        axes.set_title(title)
        axes.set_xlabel(label)
        axes.legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(file, dpi=110)
    pyplot.close(figure)


def _read(file: Path) -> dict[int, Row]:
    if not file.exists():
        return {}
    rows = [json.loads(line) for line in file.read_text().splitlines() if line.endswith("}")]
    return {row["number"]: row for row in rows}


if __name__ == "__main__":
    main()
