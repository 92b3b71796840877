"""A rehearsal as a picture: the walk through the keys, the tempo, the dials, the joins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from generators.keys import KEYS
from renderer.pcm import SAMPLE_RATE_HZ
from station.bridges import MOST_MEDIAN, MOST_WORST
from station.rehearsal import DIALS, Item, place_on_circle

MINUTE = 60 * SAMPLE_RATE_HZ  # frames
COLOURS = {"major": "#e08a2c", "minor": "#2f7fc1"}
NEUTRAL = "#767676"


def draw(items: Sequence[Item], path: Path, title: str) -> None:
    """Write the picture; the suffix of `path` says what kind."""
    figure = Figure(figsize=(10, 9), layout="constrained")
    keys, tempo, dials, joins = figure.subplots(4, sharex=True, height_ratios=(2, 1, 1, 1))
    figure.suptitle(title)
    _draw_keys(keys, items)
    _draw_tempo(tempo, items)
    minutes = [item.position / MINUTE for item in items]
    for name in DIALS:
        dials.plot(minutes, [getattr(item.dials, name) for item in items], label=name)
    dials.set(ylabel="dials", ylim=(-1.05, 1.05))
    dials.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    _draw_joins(joins, items)
    for axes in (keys, tempo, dials, joins):
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    joins.set_xlabel("minutes")
    figure.savefig(path, dpi=120)


def _draw_keys(axes: Axes, items: Sequence[Item]) -> None:
    """Signatures on the circle of fifths, cut open between six sharps and five flats."""
    for item in items:
        if item.piece.origin != "bridge":
            begin, end = item.position / MINUTE, item.end / MINUTE
            place, mode = place_on_circle(item.piece.key), item.piece.key.split()[-1]
            axes.plot(
                [begin, end],
                [place, place],
                color=COLOURS[mode],
                linewidth=5,
                solid_capstyle="butt",
            )
    places = range(-5, 7)
    names = [" · ".join(str(key) for key in KEYS if place_on_circle(str(key)) == p) for p in places]
    axes.set_yticks(places, names, fontsize=8)
    axes.set(ylabel="key", ylim=(-5.6, 6.6))
    modes = [Line2D([], [], color=colour, linewidth=5, label=m) for m, colour in COLOURS.items()]
    axes.legend(handles=modes, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)


def _draw_tempo(axes: Axes, items: Sequence[Item]) -> None:
    times, tempos = [], []
    for item in items:
        times += [item.position / MINUTE, item.end / MINUTE]
        tempos += [item.piece.tempo_qpm, item.piece.tempo_end_qpm]
    axes.plot(times, tempos, color=NEUTRAL)
    axes.set(ylabel="quarter notes\na minute")


def _draw_joins(axes: Axes, items: Sequence[Item]) -> None:
    """The steps of each join over those inside its pieces, and the limits they should keep."""
    joined = [item for item in items if item.join]
    minutes = [item.position / MINUTE for item in joined]
    notes = [item.join.notes for item in joined if item.join]
    median = axes.plot(minutes, [n.step_ratio for n in notes], "o", label="median step")
    worst = axes.plot(minutes, [n.worst_ratio for n in notes], "^", label="worst step")
    axes.axhline(MOST_MEDIAN, color=median[0].get_color(), linewidth=0.8, linestyle="--")
    axes.axhline(MOST_WORST, color=worst[0].get_color(), linewidth=0.8, linestyle="--")
    axes.set(ylabel="joins: steps over\nthose in pieces", ylim=(0, None))
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
