"""A model card, written from what the model folder says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.music import PARTS

CARD = "README.md"


def card(config: Mapping[str, Any], facts: Mapping[str, Any], sha256: str) -> str:
    """The card as Markdown."""
    held, seen, guess = facts["held_out"], facts["on_training_files"], facts["most_common"]
    hours, minutes = divmod(round(facts["training_seconds"] / 60), 60)
    rows = "\n".join(
        f"| {part} | {held['teacher_forced'][i]:.3f} | {held['sampled'][i]:.3f} "
        f"| {guess[i]:.3f} | {seen['teacher_forced'][i]:.3f} | {seen['sampled'][i]:.3f} |"
        for i, part in enumerate(PARTS)
    )
    sets = "\n".join(
        f"| {s['set']} | {s['licence']} | {s['files']} | {s['trio_windows']} | {s['drum_tracks']} |"
        for s in facts["corpus"]
    )
    shape = ", ".join(f"{name} {value}" for name, value in config.items() if name != "name")
    how = "\n".join(
        f"- From step {sitting['from_step']:,}, {sitting['windows']:,} windows to draw from: "
        + ", ".join(f"{name} {value}" for name, value in sitting["settings"].items())
        for sitting in facts["sittings"]
    )
    return f"""# {config["name"]}

A hierarchical MusicVAE for trios (melody, bass, drums), 4/4 in sixteenths, {config["bars"]} bars
a latent; the bars are decoded side by side. Weights: float32 safetensors, sha256 `{sha256}`.

## Figures

Share of *events* right (steps where something is struck or ended; the many steps where nothing
happens are not counted). Held-out files were never trained on, nor any version of their tunes.
Teacher-forced: given the true notes so far. Sampled: decoded from the mean latent at temperature
1, hearing only itself. Guess: always the part's most common event.

| part | held out, teacher-forced | held out, sampled | guess | training files, forced | sampled |
|---|---|---|---|---|---|
{rows}

Loss on held-out files: {held["nats"]:.1f} nats of reconstruction and {held["kl"]:.1f} nats of KL
a window of {config["bars"]} bars.

## Training

{facts["training_steps"]:,} steps, {facts["training_windows"]:,} windows, {hours} h {minutes:02} min
on {facts["device"]}. Shape: {shape}.

{how}

Figures above are of the running average of the weights, which is what is saved.

## Data

Every file's name, sha256 and set are in the corpus's ledger. Credits: THIRD_PARTY.md.

| set | licence | files | trio windows | drum tracks |
|---|---|---|---|---|
{sets}

## Limits

Trained on few songs, so it knows their idioms (game music, rock, electronic) better than others.
It has no notion of form beyond its {config["bars"]} bars, of swing or triplets, or of dynamics:
the station adds form and accents. Each part hears the others only through the latent.
"""
