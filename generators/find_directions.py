"""Find a model's directions in its training music, and measure what they do to its samples.

Windows are encoded, and their mean latents regressed on all their attributes at once: a direction
is how the latent changes with one attribute while the others stay. (The paper's own way, the mean
latent of the quarter of windows with most of an attribute less that of the quarter with least,
takes along whatever goes with the attribute in the music: docs/dials.md compares the two.)

Each chunk of the work is kept as a small file until all is done, so that it can be interrupted.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from generators.attributes import ATTRIBUTES, attributes
from generators.config import TrainingConfig
from generators.corpus import Corpus
from generators.directions import SHIFTS, Directions, Effects, shifted
from generators.errors import CorpusError, GeneratorError
from generators.evaluation.subjects import Subject, subject_of
from generators.music import PARTS
from generators.weights import ModelFolder, load_model
from generators.windows import Windows

CHUNK_WINDOWS = 512
CHUNK_SAMPLES = 32  # times 25 shifts
LEAST_WINDOWS = 64
LEAST_SAMPLES = 2  # below, there is no standard error
TEMPERATURE = 0.9  # of the samples: a show's default
SEED = 0
Arrays = dict[str, np.ndarray]


def find_directions(
    folder: ModelFolder, corpus: Corpus, *, windows: int, samples: int, keep: Path
) -> Directions:
    """The directions of a trio model.

    Args:
        windows: training windows to find them from, drawn and transposed as for training.
        samples: draws from the prior to measure them on, each decoded once a shift.
        keep: a folder for what is done so far, to be removed when all is.

    Raises:
        WeightsError: the model does not make trios, or has no encoder.
        GeneratorError: too few windows or samples, or music that does not vary.
    """
    if windows < LEAST_WINDOWS or samples < LEAST_SAMPLES:
        raise GeneratorError(
            f"directions need {LEAST_WINDOWS} windows and {LEAST_SAMPLES} samples or more, "
            f"not {windows} and {samples}"
        )
    subject = subject_of(load_model(folder))
    training = Windows(corpus, subject.bars, held_out=False)
    versions = 1 + len(ATTRIBUTES) * (len(SHIFTS) - 1)  # of each sample
    total = windows + samples * versions
    bar: tqdm[Any] = tqdm(total=total, desc="directions", unit="window")
    with bar:
        work = _Work(keep, _digest(folder, corpus), bar)
        encoded = work.done(
            "encoded", windows, CHUNK_WINDOWS, 1, lambda *at: _encoded(subject, training, *at)
        )
        vectors = directions_of(**encoded)
        heard = work.done(  # other windows give other directions
            f"heard{windows}",
            samples,
            CHUNK_SAMPLES,
            versions,
            lambda *at: _heard(subject, vectors, *at),
        )["heard"]
    return Directions(tuple(ATTRIBUTES), vectors, folder.sha256, windows, _effects(heard))


def directions_of(mu: np.ndarray, sigma: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The direction of each attribute, one unit long, float32 `(A, Z)`.

    Args:
        mu, sigma: posteriors of windows, `(N, Z)` each; sigma is NaN where a model came without.
        values: the windows' attributes, `(N, A)`.

    Raises:
        CorpusError: the windows are all alike in an attribute.
    """
    spreads = values.std(axis=0)
    if not spreads.all():
        name = list(ATTRIBUTES)[int(np.argmin(spreads))]
        raise CorpusError(f"the training windows do not differ in {name}: add more music")
    scaled = (values - values.mean(axis=0)) / spreads
    vectors = np.linalg.lstsq(scaled, mu - mu.mean(axis=0), rcond=None)[0]  # (A, Z)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    # Along v the posteriors' draws vary by their means' variance and their own.
    variance = ((mu - mu.mean(axis=0)) @ vectors.T).var(axis=0) + (sigma**2 @ vectors.T**2).mean(0)
    variance = np.where(np.isnan(variance), 1.0, variance)  # the prior's, which they are to match
    return np.asarray(vectors * np.sqrt(variance)[:, None], np.float32)


def _encoded(subject: Subject, training: Windows, start: int, count: int) -> Arrays:
    rng = np.random.default_rng([SEED, 0, start])
    windows = training.batch(rng, count, TrainingConfig())  # (B, bars, 16, 3)
    mu, sigma = subject.encode(windows)
    return {"mu": mu, "sigma": sigma, "values": attributes(_flat(windows))}


def _heard(subject: Subject, vectors: np.ndarray, start: int, count: int) -> Arrays:
    """The attributes of samples, shifted along each direction: `(B, A, shifts, A)`."""
    rng = np.random.default_rng([SEED, 1, start])
    z = rng.standard_normal((count, subject.z_size), np.float32)
    seeds = np.arange(start, start + count)

    def heard(latents: np.ndarray) -> np.ndarray:
        return attributes(_flat(subject.sample(latents, seeds, TEMPERATURE)))

    unmoved = heard(z)
    rows = [
        [heard(shifted(z, units * vector)) if units else unmoved for units in SHIFTS]
        for vector in vectors
    ]
    return {"heard": np.array(rows).transpose(2, 0, 1, 3)}


def _effects(heard: np.ndarray) -> Effects:
    unmoved = heard[:, :, [SHIFTS.index(0)]]
    return Effects(
        means=heard.mean(axis=0),
        errors=(heard - unmoved).std(axis=0, ddof=1) / np.sqrt(len(heard)),
        spreads=unmoved[:, 0, 0].std(axis=0),
        samples=len(heard),
        temperature=TEMPERATURE,
    )


class _Work:
    """Chunks of work, each done once for a given model and corpus, however often it is begun."""

    def __init__(self, folder: Path, digest: str, bar: tqdm[Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._digest = digest
        self._bar = bar

    def done(
        self, name: str, count: int, chunk: int, each: int, make: Callable[[int, int], Arrays]
    ) -> Arrays:
        """What `make(start, how many)` gives for all of `count`, joined by name.

        `each` of them moves the bar by so much.
        """
        parts = []
        for start in range(0, count, chunk):
            size = min(chunk, count - start)
            parts.append(self._kept(f"{name}-{start}-{size}", partial(make, start, size)))
            self._bar.update(size * each)
        return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}

    def _kept(self, name: str, make: Callable[[], Arrays]) -> Arrays:
        path = self._folder / f"{self._digest}-{name}.npz"
        try:
            with np.load(path, allow_pickle=False) as data:
                return dict(data)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):
            made = make()
        writing = path.with_suffix(".writing")
        with writing.open("wb") as file:
            np.savez(file, **dict[str, Any](made))
        writing.replace(path)
        return made


def _digest(folder: ModelFolder, corpus: Corpus) -> str:
    parts = (folder.sha256.encode(), corpus.tokens.tobytes(), corpus.windows.tobytes())
    return hashlib.blake2b(b"".join(parts), digest_size=8).hexdigest()


def _flat(windows: np.ndarray) -> np.ndarray:
    """(B, bars, 16, 3) to (B, steps, 3)."""
    return windows.reshape(len(windows), -1, len(PARTS))
