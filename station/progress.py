"""The bars of commands that take a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from renderer.pcm import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from tqdm import tqdm

COUNTS = "{n:.0f} of {total:.0f} s [{elapsed}<{remaining}, {rate_noinv_fmt}]"


def music_bar(frames: int, doing: str) -> tqdm[Any]:
    """A bar to be updated with frames of music; its rate is in times real time."""
    from tqdm import tqdm

    return tqdm(
        total=frames,
        desc=doing,
        unit="s",
        unit_scale=1 / SAMPLE_RATE_HZ,
        bar_format=f"{{l_bar}}{{bar}}| {COUNTS}",
    )


def seconds_bar(seconds: float, doing: str) -> tqdm[Any]:
    """A bar to be updated with seconds that pass by themselves."""
    from tqdm import tqdm

    return tqdm(
        total=seconds, desc=doing, bar_format="{l_bar}{bar}| {n:.0f} of {total:.0f} s{postfix}"
    )


def count_bar(total: int | None, unit: str, doing: str, done: int = 0) -> tqdm[Any]:
    """A bar to be updated with counts: how many, how fast, and how long it still takes.

    `done` are from an earlier try, and say nothing of the speed of this one.
    """
    from tqdm import tqdm

    return tqdm(total=total, desc=doing, unit=f" {unit}", unit_scale=True, initial=done)
