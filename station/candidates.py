"""How many candidates a piece is chosen from: as many as there is time for."""

from __future__ import annotations

import math

SHARE = 0.1  # of the time may go into choosing, all stations together
RUSH = 0.25  # of the music still on the shelf: the rest is for the bridge, and for a slow moment
FIRST = 4  # while nobody knows how long one takes
LEAST = 8
LEAST_SECONDS = 4.0  # but where even those take longer than this there are fewer
MOST = 24  # more only please the critic: see docs/critic.md
MOST_ON_ACCELERATOR = 512
STEADY = 24  # for a station with a seed, whose programme must not hang on how fast the machine is


def how_many(
    *,
    piece_seconds: float,
    ready_seconds: float,
    seconds_each: float | None,
    device: str,
    stations: int = 1,
) -> int:
    """The candidates for one piece.

    Args:
        piece_seconds: how long the piece will play: the time there is, in the long run.
        ready_seconds: music on the shelf: the time there is now.
        seconds_each: what one candidate takes, decoded and judged; None before the first.
        device: where they are decoded: "cpu" or an accelerator's name.
        stations: that share the generator.
    """
    if seconds_each is None:
        return FIRST
    seconds = min(SHARE * piece_seconds, RUSH * ready_seconds) / stations
    least = min(LEAST, max(1, math.floor(LEAST_SECONDS / seconds_each)))
    most = MOST if device == "cpu" else MOST_ON_ACCELERATOR
    return max(least, min(most, math.floor(seconds / seconds_each)))
