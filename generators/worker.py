"""The generator process: plans in on standard input, tokens out on standard output, as JSON lines.

    {"decode": [{"latents": [...], "bars": [...], "seed": 1, "temperature": 0.6}]}
    {"tokens": ["base64 of little-endian int16", ...]}  or  {"error": "..."}

    {"choose": [the same, all of as many bars], "recent": "base64 of little-endian uint64"}
    {"best": 3, "tokens": "the best one's", "verdict": {"total": 0.9, ...}}

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
from typing import Any

import numpy as np

from generators.cast import load, open_cast
from generators.critic import choose
from generators.errors import GeneratorError
from generators.music import Bar
from generators.ngrams import load_known
from generators.recipe import latents_from_text, latents_to_text

logger = logging.getLogger(__name__)

NICENESS = 10  # sound first: whoever renders and sends goes before whoever composes ahead


def encode_plan(latents: np.ndarray, bars: tuple[Bar, ...], seed: int, temperature: float) -> Any:
    rows = [[b.start, b.end, b.t, b.place, b.take, b.transpose] for b in bars]
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


def main(model: Path, partners: Mapping[str, Path]) -> None:
    os.nice(NICENESS)
    logging.basicConfig(level=logging.INFO, format="%(message)s")  # standard error
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):  # nobody else writes between the answers
        import torch

        from generators.sampler import best_device

        torch.set_num_threads(1)  # more are slower beside any other work
        cast, device = open_cast(model, partners), best_device()
        singer = load(cast, device)
        _say(answers, {"ready": cast.name, "device": str(device)})
        known = _known(cast.partners.get("melody", cast.lead).path)
        for line in sys.stdin:
            request = json.loads(line)
            if "choose" in request:
                tokens = singer.decode_many(_plans(request["choose"]))
                best, verdict = choose(np.stack(tokens), decode_hashes(request["recent"]), known)
                answer = {"best": best, "tokens": encode_tokens(tokens[best])}
                _say(answers, {**answer, "verdict": asdict(verdict)})
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


def _say(answers: Any, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()


if __name__ == "__main__":
    try:
        parts = (argument.split("=", 1) for argument in sys.argv[2:])
        main(Path(sys.argv[1]), {part: Path(path) for part, path in parts})
    except GeneratorError as error:
        _say(sys.stdout, {"error": str(error)})
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
