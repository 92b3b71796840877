"""Directions in latent space along which the music changes in one way: kept beside the weights.

Source: the attribute vectors of Roberts et al., "A Hierarchical Latent Vector Model for Learning
Long-Term Structure in Music" (ICML 2018). Needs no torch; `generators.find_directions` makes them.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from generators.errors import WeightsError
from generators.weights import DESCRIPTION

FILE = "directions.npz"  # in a model folder
SHIFTS = (-2.0, -1.0, 0.0, 1.0, 2.0)  # units at which the effects are measured
_DAMAGED = (OSError, EOFError, KeyError, ValueError, TypeError, zipfile.BadZipFile, zlib.error)
_FIX = "Make them anew with `latentfm directions`, or remove the file: dials then only choose."


@dataclass(frozen=True, slots=True)
class Effects:
    """What directions really do: attributes of samples that were shifted along each of them.

    The samples are draws from the prior, decoded with the same noise whatever the shift.
    """

    means: np.ndarray  # (A directions, shifts, A attributes)
    errors: np.ndarray  # standard errors of the means' differences from no shift, alike
    spreads: np.ndarray  # standard deviations of the attributes without a shift, (A,)
    samples: int
    temperature: float


@dataclass(frozen=True, slots=True)
class Directions:
    """What steers one model.

    A unit along a direction is the standard deviation, along it, of the latents that the decoder
    was trained on: draws from the posteriors of training windows.
    """

    names: tuple[str, ...]  # attributes, A of them: see generators.attributes
    vectors: np.ndarray  # float32, (A, z_size), each one unit long
    weights_sha256: str  # of the model they belong to
    windows: int  # that they were found from
    effects: Effects

    def pulled(self, latents: np.ndarray, targets: np.ndarray, pulls: np.ndarray) -> np.ndarray:
        """The latents of a piece, drawn towards where it shall lie along each direction.

        A pull of 1 takes the piece all the way, one of 0.3 three tenths of it, so pieces that are
        pulled one after the other, each from where the last one lay, never leave the target
        behind. All latents go the same way: what sets the sections apart stays. Each keeps its
        length, for the decoder has hardly seen longer or shorter ones.

        Args:
            latents: float32, `(n, z_size)`.
            targets: where to, in units, `(A,)`.
            pulls: how much of the way, 0..1, `(A,)`.

        Raises:
            ValueError: the latents have another size than the directions.
        """
        if latents.ndim != 2 or latents.shape[1] != self.vectors.shape[1]:
            raise ValueError(
                f"the directions are of size {self.vectors.shape[1]}, the latents {latents.shape}"
            )
        lies = (latents @ np.linalg.pinv(self.vectors)).mean(axis=0)  # (A,), in units
        return shifted(latents, (pulls * (targets - lies)) @ self.vectors)


def shifted(latents: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """The latents `(n, z_size)`, each moved by the same vector; their lengths stay."""
    moved = latents + vector
    lengths = np.linalg.norm(latents, axis=1, keepdims=True)
    new_lengths = np.maximum(1e-9, np.linalg.norm(moved, axis=1, keepdims=True))
    return np.asarray(moved * (lengths / new_lengths), np.float32)


def save_directions(directions: Directions, model_folder: Path) -> None:
    """Put them in a model folder, in one move."""
    arrays = asdict(directions)
    arrays |= arrays.pop("effects")
    partial = model_folder / (FILE + ".writing")
    with partial.open("wb") as file:
        np.savez_compressed(file, **arrays)
    partial.replace(model_folder / FILE)


def load_directions(model_folder: Path) -> Directions | None:
    """A model's directions; None where nobody has made any.

    Raises:
        WeightsError: the file is torn, or belongs to other weights.
    """
    path = model_folder / FILE
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            effects = Effects(
                means=data["means"],
                errors=data["errors"],
                spreads=data["spreads"],
                samples=int(data["samples"]),
                temperature=float(data["temperature"]),
            )
            directions = Directions(
                names=tuple(str(name) for name in data["names"]),
                vectors=data["vectors"].astype(np.float32),
                weights_sha256=str(data["weights_sha256"]),
                windows=int(data["windows"]),
                effects=effects,
            )
        if directions.vectors.ndim != 2 or len(directions.vectors) != len(directions.names):
            raise ValueError(f"{len(directions.names)} names, vectors {directions.vectors.shape}")
    except FileNotFoundError:
        return None
    except _DAMAGED as error:
        raise WeightsError(f"{path} does not hold directions: {error}. {_FIX}") from error
    sha256 = _weights_sha256(model_folder)
    if directions.weights_sha256 != sha256:
        raise WeightsError(
            f"{path} belongs to the weights {directions.weights_sha256[:12]}…, "
            f"but this model's are {sha256[:12]}…. {_FIX}"
        )
    return directions


def _weights_sha256(model_folder: Path) -> str:
    """As the model's description has it; whether the weights are those, `open_model` checks."""
    path = model_folder / DESCRIPTION
    try:
        return str(json.loads(path.read_text())["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{path} does not describe a model: {error!r}") from error
