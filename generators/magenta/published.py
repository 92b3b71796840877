"""The MusicVAE checkpoints that Magenta published, and where they are.

Source: the README of magenta/models/music_vae, and magenta-js's music/checkpoints/checkpoints.json.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from generators.magenta.config import MAGENTA_CONFIGS
from generators.magenta.variables import expected_variables

LICENCE = "Apache-2.0 (Magenta)"
_BUNDLES = "https://storage.googleapis.com/magentadata/models/music_vae/checkpoints"
_WEB = "https://storage.googleapis.com/magentadata/js/checkpoints"


@dataclass(frozen=True, slots=True)
class Published:
    """One checkpoint to download."""

    name: str
    config: str | None  # a name of MAGENTA_CONFIGS; None: of no size in the table, shapes tell
    size: str  # of the download, for people
    form: Literal["TensorFlow", "magenta-js"]
    url: str  # of a .tar, or of a folder


def _bundle(name: str, config: str | None = None, size: str | None = None) -> Published:
    config = config or name
    weights = sum(map(math.prod, expected_variables(MAGENTA_CONFIGS[config]).values()))
    # Nobody states these sizes. With optimizer slots a file is three times its weights.
    size = size or f"{4 * weights / 1e6:,.0f} MB or more"
    return Published(name, config, size, "TensorFlow", f"{_BUNDLES}/{name}.tar")


def _web(
    name: str, size_mb: float, config: str | None = None, path: str | None = None
) -> Published:
    url = f"{_WEB}/{path or f'music_vae/{name}'}"
    return Published(name, config, f"{size_mb:,} MB", "magenta-js", url)


PUBLISHED = {
    checkpoint.name: checkpoint
    for checkpoint in (
        _bundle("cat-mel_2bar_big"),
        _bundle("hierdec-mel_16bar"),
        _bundle("hierdec-trio_16bar", size="2 GB"),
        _bundle("cat-drums_2bar_small.lokl", "cat-drums_2bar_small"),
        _bundle("cat-drums_2bar_small.hikl", "cat-drums_2bar_small"),
        _bundle("nade-drums_2bar_full"),
        _bundle("groovae_4bar"),
        _bundle("groovae_2bar_humanize", "groovae_2bar"),
        _bundle("groovae_2bar_tap_fixed_velocity", "groovae_2bar"),
        _bundle("groovae_2bar_add_closed_hh", "groovae_2bar"),
        _bundle("groovae_2bar_hits_control"),
        _web("mel_2bar_small", 17.7, "cat-mel_2bar_small"),
        _web("mel_4bar_small_q2", 26.5),
        _web("mel_4bar_med_q2", 65.4),
        _web("mel_4bar_med_lokl_q2", 65.4),
        _web("mel_16bar_small_q2", 23.5),
        _web("drums_2bar_lokl_small", 18.5, "cat-drums_2bar_small"),
        _web("drums_2bar_hikl_small", 18.5, "cat-drums_2bar_small"),
        _web("drums_2bar_nade_9_q2", 27.6, "nade-drums_2bar_reduced"),
        _web("drums_4bar_med_q2", 68.2),
        _web("drums_4bar_med_lokl_q2", 68.2),
        _web("trio_4bar", 17.6, "hier-trio_4bar"),
        _web("trio_16bar", 1710),
        _web("groovae_2bar_humanize_js", 15.8, "groovae_2bar", "music_vae/groovae_2bar_humanize"),
        _web("groovae_4bar_js", 15.8, "groovae_4bar", "music_vae/groovae_4bar"),
        _web("tap2drum_1bar", 15.6, path="groovae/tap2drum_1bar"),
        _web("tap2drum_2bar", 15.6, "groovae_2bar", "groovae/tap2drum_2bar"),
        _web("tap2drum_3bar", 15.6, path="groovae/tap2drum_3bar"),
        _web("tap2drum_4bar", 15.6, "groovae_4bar", "groovae/tap2drum_4bar"),
    )
}


def published(source: str) -> Published | None:
    """The checkpoint of that name or address, or None."""
    by_url = {checkpoint.url: checkpoint for checkpoint in PUBLISHED.values()}
    return PUBLISHED.get(source) or by_url.get(source.rstrip("/"))


def listing() -> str:
    """A table of all, for people."""
    rows = [("NAME", "CONFIG", "SIZE", "FORMAT", "ADDRESS")]
    for each in PUBLISHED.values():
        rows.append((each.name, each.config or "by its shapes", each.size, each.form, each.url))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
