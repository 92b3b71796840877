"""The figures in four sentences: what stands at the top of a report and in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.pages import number

NOT_MEASURED = "not_measured"  # in place of a test's figures: why there are none


def percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def summary(figures: Mapping[str, Any]) -> list[str]:
    """One point for each test that was made."""
    points = []
    reconstruction = figures["reconstruction"]
    if NOT_MEASURED not in reconstruction:
        forced, free, guess = (
            " / ".join(number(share, 2) for share in reconstruction[key]["events"])
            for key in ("forced", "sampled", "guess")
        )
        points.append(
            f"Held-out events right, melody / bass / drums: {forced} given the true notes so far, "
            f"{free} sampled from the latent, {guess} by always guessing the most common event."
        )
    interpolation = figures["interpolation"]
    if NOT_MEASURED not in interpolation:
        middle = len(interpolation["places"]) // 2
        latent, coin = (interpolation[way]["relative_cost"][middle] for way in ("latent", "coin"))
        points.append(
            "Half-way between two melodies, cost relative to the ends' mix: "
            f"{100 * latent:+.0f} % along the latents, {100 * coin:+.0f} % by coin flips."
        )
    overlap, gain = (figures["statistics"][key] for key in ("mean_overlap", "gain_of_choosing"))
    points.append(
        f"Mean overlap of {len(figures['statistics']['features'])} features with held-out music: "
        f"{number(overlap['one'])} for samples as they come, {number(overlap['best'])} for the "
        f"best of {figures['settings']['candidates']}, {number(overlap['training'])} for the "
        "training music itself. "
        f"Choosing changes it by {gain['difference']:+.3f} "
        f"({gain['low']:+.3f} to {gain['high']:+.3f} with 95 % confidence)."
    )
    neighbours = figures["neighbours"]
    points.append(
        "Stretches of eight notes that training music has too: "
        f"{percent(neighbours['best']['known_eight_notes'])} of the chosen samples', "
        f"{percent(neighbours['one']['known_eight_notes'])} of samples' as they come, "
        f"{percent(neighbours['held_out']['known_eight_notes'])} of held-out music's."
    )
    return points
