"""The generator process: plans in on standard input, tokens out on standard output, as JSON lines.

    {"decode": [{"latents": [...], "bars": [...], "seed": 1, "temperature": 0.6}]}
    {"tokens": ["base64 of little-endian int16", ...]}  or  {"error": "..."}

    {"choose": [the same, all of as many bars], "recent": "base64 of little-endian uint64",
     "wish": {"density": 1.0}}
    {"best": 3, "tokens": "the best one's", "verdict": {"total": 0.9, ...}}

    {"touch": "base64 of drum tokens, little-endian int16"}
    {"velocities": "base64 of int16, nine a step", "offsets_ticks": "...", "sha256": "..."}
    or {"touch": null}

The critic sits here with the candidates, so the server never holds what is turned down. The
process runs by itself so that a fault on the accelerator, an out-of-memory kill or a leak takes
only it. It ends when its standard input does: no server, no worker.
"""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from generators.cast import load, open_cast
from generators.critic import choose
from generators.errors import GeneratorError
from generators.events import DRUM_BITS
from generators.groove.touch import Touch
from generators.music import Bar
from generators.ngrams import load_known
from generators.recipe import latents_from_text, latents_to_text

if TYPE_CHECKING:
    from generators.groove.drummer import Drummer

logger = logging.getLogger(__name__)

TOUCH = ("velocities", "offsets_ticks")  # arrays of a Touch
GROOVE = "groove"  # which argument names the groove model's folder, among those of the parts
NICENESS = 10  # sound first: whoever renders and sends goes before whoever composes ahead


def encode_plan(latents: np.ndarray, bars: tuple[Bar, ...], seed: int, temperature: float) -> Any:
    rows = [[b.start, b.end, b.t, b.place, b.take] for b in bars]  # all that is heard in singing
    text = latents_to_text(latents)
    return {"latents": text, "bars": rows, "seed": seed, "temperature": temperature}


def encode_tokens(tokens: np.ndarray) -> str:
    return base64.b64encode(tokens.astype("<i2").tobytes()).decode()


def decode_tokens(text: str) -> np.ndarray:
    """One answer: int16 `(steps, 3)`."""
    return np.frombuffer(base64.b64decode(text), "<i2").reshape(-1, 3)


def encode_hashes(hashes: np.ndarray) -> str:
    return base64.b64encode(hashes.astype("<u8").tobytes()).decode()


def decode_hashes(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<u8")


def decode_touch(answer: Mapping[str, Any]) -> Touch | None:
    """The touch of an answer; None where nobody plays the drums but the rules."""
    if "velocities" not in answer:
        return None
    velocities, offsets = (
        np.frombuffer(base64.b64decode(answer[name]), "<i2").reshape(-1, DRUM_BITS)
        for name in TOUCH
    )
    return Touch(velocities, offsets, answer["sha256"])


def main(model: Path, partners: Mapping[str, Path], groove: Path | None) -> None:
    os.nice(NICENESS)
    logging.basicConfig(level=logging.INFO, format="%(message)s")  # standard error
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):  # nobody else writes between the answers
        import torch

        from generators.sampler import best_device

        torch.set_num_threads(1)  # more are slower beside any other work
        cast, device = open_cast(model, partners), best_device()
        singer = load(cast, device)
        drummer = _drummer(groove)
        ready = {"ready": cast.name, "device": str(device), "arithmetic": singer.arithmetic}
        _say(answers, ready)
        known = _known(cast.partners.get("melody", cast.lead).path)
        for line in sys.stdin:
            request = json.loads(line)
            if "choose" in request:
                tokens = singer.decode_many(_plans(request["choose"]))
                recent = decode_hashes(request["recent"])
                best, verdict = choose(np.stack(tokens), recent, known, request["wish"])
                answer = {"best": best, "tokens": encode_tokens(tokens[best])}
                _say(answers, {**answer, "verdict": asdict(verdict)})
            elif "touch" in request:
                _say(answers, _touch(drummer, request["touch"]))
            else:
                tokens = singer.decode_many(_plans(request["decode"]))
                _say(answers, {"tokens": [encode_tokens(each) for each in tokens]})


def _plans(plans: list[dict[str, Any]]) -> list[tuple[np.ndarray, tuple[Bar, ...], int, float]]:
    return [
        (
            latents_from_text(plan["latents"]),
            tuple(Bar(*bar) for bar in plan["bars"]),
            plan["seed"],
            plan["temperature"],
        )
        for plan in plans
    ]


def _known(folder: Path) -> np.ndarray | None:
    """The melodies the model learned from. The music goes on without them."""
    try:
        return load_known(folder)
    except GeneratorError as error:
        logger.warning("%s", error)
        return None


def _drummer(folder: Path | None) -> Drummer | None:
    """Who plays the drums. The music goes on without one, by rule."""
    from generators.groove.drummer import load_drummer

    try:
        return load_drummer(folder) if folder else None
    except GeneratorError as error:
        logger.warning("the drums are played by rule: %s", error)
        return None


def _touch(drummer: Drummer | None, drums: str) -> dict[str, Any]:
    if drummer is None:
        return {"touch": None}
    touch = drummer.touch(np.frombuffer(base64.b64decode(drums), "<i2"))
    numbers = {name: encode_tokens(getattr(touch, name)) for name in TOUCH}
    return {**numbers, "sha256": touch.sha256}


def _say(answers: Any, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()


if __name__ == "__main__":
    try:
        folders = dict(argument.split("=", 1) for argument in sys.argv[2:])
        drums_by = folders.pop(GROOVE, None)
        main(
            Path(sys.argv[1]),
            {part: Path(path) for part, path in folders.items()},
            Path(drums_by) if drums_by else None,
        )
    except GeneratorError as error:
        _say(sys.stdout, {"error": str(error)})
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
