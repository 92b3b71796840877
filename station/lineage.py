"""The models that pieces come from, as far as this machine has them: what they were trained on."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from generators.cast import open_cast
from generators.errors import GeneratorError
from generators.events import trio_to_tokens
from generators.groove.touch import SHIPPED_GROOVE
from generators.music import PARTS, Trio
from generators.ngrams import known_shares, load_known, melody_ngrams
from generators.weights import SHIPPED_MODEL, ModelFolder, open_model
from station.settings import GeneratorSettings

FIGURES = "figures.json"  # of `latentfm evaluate`, beside a model

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Training:
    """What one model was trained on. None and empty where its folder does not say."""

    name: str
    weights_sha256: str
    ledger_sha256: str | None  # of the corpus's ledger: see generators.corpus.ledger
    corpus_sha256: str | None  # of the corpus file, which has the ledger inside
    sets: tuple[tuple[str, str], ...]  # each set of the corpus, and its licence
    # The hashes of its training melodies' stretches: see generators.ngrams.
    known: np.ndarray | None = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Overlap:
    """How much of a tune stands in training melodies."""

    stretches: int  # of eight notes, in the tune
    shared: float  # the share of them that some training melody has, in any key, 0..1


class Lineage:
    """What is known of the models that may have made a piece, by the hash of their weights."""

    def __init__(self, settings: GeneratorSettings) -> None:
        self._settings = settings

    def of(self, weights_sha256: str) -> tuple[Training, ...]:
        """The models behind these weights, the one that sings the melody first.

        There are several where partners sing; none if they are not on this machine. The first
        call reads all weights to see that they are whole: it takes a moment.
        """
        return self._by_weights.get(weights_sha256, ())

    @functools.cached_property
    def _by_weights(self) -> Mapping[str, tuple[Training, ...]]:
        found: dict[str, tuple[Training, ...]] = {}
        for folder in (SHIPPED_MODEL, SHIPPED_GROOVE):
            try:
                training = training_of(open_model(folder))
            except GeneratorError as error:
                logger.warning("provenance cannot tell of a model: %s", error)
            else:
                found[training.weights_sha256] = (training,)
        try:
            cast = open_cast(self._settings.model or SHIPPED_MODEL, self._settings.partners)
            folders = {"lead": cast.lead, **cast.partners}
            first = "melody" if "melody" in folders else "lead"
            order = [first, *(part for part in folders if part != first)]
            found[cast.sha256] = tuple(training_of(folders[part]) for part in order)
        except GeneratorError as error:
            logger.warning("provenance cannot tell of the model on air: %s", error)
        return found


def training_of(folder: ModelFolder) -> Training:
    """
    Raises:
        WeightsError: the list of known melodies is damaged.
    """
    facts = folder.facts
    return Training(
        name=folder.name,
        weights_sha256=folder.sha256,
        ledger_sha256=facts.get("ledger_sha256"),
        corpus_sha256=_corpus_sha256(folder),
        sets=tuple((each["set"], each["licence"]) for each in facts.get("corpus", []))
        or ((facts["source"], facts.get("licence", "")),) * ("source" in facts),
        known=load_known(folder.path),
    )


def overlap(trio: Trio, known: np.ndarray) -> Overlap | None:
    """How much of a tune some training melody has; None where there is no tune to speak of."""
    tokens = trio_to_tokens(trio)[None]
    hashes, rows = melody_ngrams(tokens[:, :, PARTS.index("melody")])
    if not len(hashes):
        return None
    return Overlap(len(hashes), float(known_shares(hashes, rows, 1, known)[0]))


def _corpus_sha256(folder: ModelFolder) -> str | None:
    """Of the corpus that its figures were measured on, if they are of these very weights."""
    try:
        figures: dict[str, Any] = json.loads((folder.path / FIGURES).read_text())
        same = figures["model"]["sha256"] == folder.sha256
        return str(figures["corpus"]["sha256"]) if same else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
