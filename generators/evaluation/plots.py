"""The report's plots, drawn from its figures as SVG that reads on white and on black alike."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from generators.music import PARTS

NEUTRAL = "#767676"  # as far from white as from black
HELD_OUT, BEST, ONE, TRAINING = "#9a9a9a", "#2f7fc1", "#e08a2c", "#5a9e4b"
NAMES = {
    "held_out": "held-out music",
    "one": "samples, K\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}1",
    "best": "samples, best of\N{NO-BREAK SPACE}K",
    "training": "training music",
    "other_held_out": "other held-out tunes",
}
COLOURS = {
    "held_out": HELD_OUT,
    "one": ONE,
    "best": BEST,
    "training": TRAINING,
    "other_held_out": NEUTRAL,
}
STYLE: Any = {  # matplotlib's stubs want every key as a literal
    "svg.fonttype": "none",  # letters stay letters: small, sharp, to be searched and read aloud
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": NEUTRAL,
    "axes.labelcolor": NEUTRAL,
    "axes.edgecolor": NEUTRAL,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "xtick.color": NEUTRAL,
    "ytick.color": NEUTRAL,
    "legend.frameon": False,
    "grid.color": NEUTRAL,
    "grid.alpha": 0.25,
    "lines.linewidth": 1.8,
}


@mpl.rc_context(STYLE)
def reconstruction_plot(found: Mapping[str, Any]) -> str:
    """Events right of each part: teacher-forced, sampled, and the guess to beat."""
    figure = Figure(figsize=(7, 2.8), layout="constrained")
    axes = figure.subplots()
    bars = (
        ("teacher-forced", found["forced"]["events"], BEST),
        ("sampled", found["sampled"]["events"], ONE),
        ("most common event", found["guess"]["events"], HELD_OUT),
    )
    for number, (name, shares, colour) in enumerate(bars):
        places = np.arange(len(PARTS)) + (number - 1) * 0.26
        heights = [share or 0.0 for share in shares]
        drawn = axes.bar(places, heights, 0.24, label=name, color=colour)
        axes.bar_label(drawn, fmt="%.2f", padding=2, fontsize=8)
    axes.set_xticks(range(len(PARTS)), PARTS)
    axes.set(ylim=(0, 1), ylabel="share of events right")
    axes.legend(loc="upper left", ncols=3, fontsize=8)
    return _svg(figure, "reconstruction")


@mpl.rc_context(STYLE)
def interpolation_plot(found: Mapping[str, Any]) -> str:
    figure = Figure(figsize=(7.5, 3.2), layout="constrained")
    distance, cost = figure.subplots(1, 2)
    ways = (("latent", "great circle of the latents", BEST), ("coin", "coin flip", ONE))
    for key, name, colour in ways:
        distance.plot(found["places"], found[key]["distance"], "o-", ms=3.5, color=colour)
        cost.plot(
            found["places"], found[key]["relative_cost"], "o-", ms=3.5, color=colour, label=name
        )
    cost.axhline(0, color=NEUTRAL, linewidth=0.8)
    distance.set(ylabel="distance to A, share of steps", ylim=(0, None))
    cost.set(ylabel="cost relative to the ends' mix")
    for axes in (distance, cost):
        axes.set(xlabel="place on the way from A (0) to B (1)", xlim=(-0.02, 1.02))
        axes.grid(True)
    figure.legend(loc="outside upper center", ncols=2, fontsize=8)
    return _svg(figure, "interpolation")


@mpl.rc_context(STYLE)
def overlap_plot(statistics: Mapping[str, Any]) -> str:
    """One row a feature, one dot a set."""
    features = list(reversed(statistics["features"]))
    figure = Figure(figsize=(7.5, 0.6 + 0.27 * len(features)), layout="constrained")
    axes = figure.subplots()
    for name, size in (("other_held_out", 30), ("training", 30), ("one", 42), ("best", 42)):
        rows = [
            (f["alike"][name]["overlap"], y) for y, f in enumerate(features) if name in f["alike"]
        ]
        if rows:
            x, y = zip(*rows, strict=True)
            marker = "|" if name == "other_held_out" else "o"
            axes.scatter(x, y, size, COLOURS[name], marker=marker, label=NAMES[name], zorder=3)
    axes.set_yticks(range(len(features)), [feature["name"] for feature in features])
    axes.set(xlim=(None, 1), xlabel="overlap with held-out music (1: the same distribution)")
    axes.grid(True)
    figure.legend(loc="outside upper center", ncols=4, fontsize=8)
    return _svg(figure, "overlap")


@mpl.rc_context(STYLE)
def distributions_plot(statistics: Mapping[str, Any]) -> str:
    """A small plot a feature: what the overlaps are of."""
    features = statistics["features"]
    columns = 4
    rows = -(-len(features) // columns)
    figure = Figure(figsize=(9.5, 1.75 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, feature in zip(grid, features, strict=False):
        _distribution(axes, feature)
    for axes in grid[len(features) :]:
        axes.set_axis_off()
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3, fontsize=9)
    return _svg(figure, "distributions")


def _distribution(axes: Axes, feature: Mapping[str, Any]) -> None:
    bins = feature["bins"]
    edges = np.linspace(bins["low"], bins["high"], bins["count"] + 1)
    histograms = feature["histograms"]
    axes.stairs(
        histograms["held_out"],
        edges,
        fill=True,
        color=HELD_OUT,
        alpha=0.45,
        label=NAMES["held_out"],
    )
    for name in ("one", "best"):
        axes.stairs(histograms[name], edges, color=COLOURS[name], linewidth=1.4, label=NAMES[name])
    axes.set_title(feature["name"], fontsize=9)
    axes.set_xlabel(feature["unit"], fontsize=8)
    axes.tick_params(labelsize=7)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


@mpl.rc_context(STYLE)
def neighbours_plot(found: Mapping[str, Any]) -> str:
    """Share of windows whose longest known stretch is at least so many notes."""
    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.subplots()
    for name in ("held_out", "one", "best"):
        counts = np.array(found[name]["longest_notes"])
        at_least = counts[::-1].cumsum()[::-1] / counts.sum()
        axes.plot(at_least, color=COLOURS[name], label=NAMES[name], drawstyle="steps-post")
    axes.set(
        xlabel="notes of the longest stretch of melody that training music has too",
        ylabel="share of windows with that or more",
        ylim=(0, 1.02),
        xlim=(0, None),
    )
    axes.grid(True)
    axes.legend(fontsize=8)
    return _svg(figure, "neighbours")


def _svg(figure: Figure, name: str) -> str:
    """The same figure gives the same text; `name` keeps ids of plots on one page apart."""
    text = io.StringIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(text, format="svg", transparent=True, metadata=nothing)
    return text.getvalue()
