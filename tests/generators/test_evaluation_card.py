"""The model card: it tells what is known of a model, and nothing of other weights."""

from __future__ import annotations

from typing import Any

import pytest

from generators.card import card
from generators.weights import SHIPPED_MODEL, open_model

CONFIG = {"name": "hierdec-trio_16bar", "bars": 16, "z_size": 512}
IMPORTED = {"name": "trio16", "source": "somewhere", "licence": "Apache-2.0", "encoder": "mu"}


@pytest.fixture(scope="module")
def shipped() -> dict[str, Any]:
    return dict(open_model(SHIPPED_MODEL).facts)


def test_an_imported_model_says_where_it_is_from() -> None:
    text = card(CONFIG, {**IMPORTED, "files": {"a.index": "0123"}}, "abcd")
    assert text.startswith("# trio16\n")
    assert "- Licence: Apache-2.0" in text
    assert "- `a.index`: sha256 `0123`" in text
    assert "## Training" not in text


def test_a_trained_model_has_its_figures_in_a_table(shipped: dict[str, Any]) -> None:
    shares = shipped["held_out"]["teacher_forced"]
    assert f"| melody | {shares[0]:.3f} |" in card({**CONFIG, "bars": 4}, shipped, "abcd")


def test_what_was_tried_is_a_table(shipped: dict[str, Any]) -> None:
    tried = [{"what": "more | dropout", "result": "0.32"}, {"what": "less", "result": "0.30"}]
    text = card(CONFIG, {**shipped, "tried": tried}, "abcd")
    assert "| what | result |\n|---|---|\n| more \\| dropout | 0.32 |\n| less | 0.30 |\n" in text


def test_a_model_says_what_it_was_started_from(shipped: dict[str, Any]) -> None:
    start = {"name": "older", "sha256": "ffff", "step": 7_397}
    assert "Started from older (sha256 `ffff`) at its step 7,397." in card(
        CONFIG, {**shipped, "started_from": start}, "abcd"
    )


def test_figures_of_other_weights_are_left_out(shipped: dict[str, Any]) -> None:
    other = {"model": {"sha256": "of another"}}
    assert card(CONFIG, shipped, "abcd", other) == card(CONFIG, shipped, "abcd")
