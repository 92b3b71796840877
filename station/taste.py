"""What listeners like, and how far the walk through latent space leans towards it.

A piece begins near where the last one ended. Where listeners like pieces of the show, it may begin
nearer to one of those instead: on the great circle from where the walk is to what is liked, and
half of the way at most. How often is `ratings.weight` times how sure we are that the piece is
liked, which takes many listeners. No piece is drawn nearer to a liked one than a new section is to
another (see NEAREST), and at the highest weight no more than half of all pieces are drawn: so the
programme leans, and goes on wandering.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from generators.walk import slerp
from storage.ratings import RatedPiece, Ratings

DAYS = 30.0  # of ratings that count: taste is of its time
PIECES = 100  # of those liked best
MOST_SHARE = 0.5  # of the pieces that are drawn, however sure we are
MOST_LEAN = 0.5  # of the way to what is liked
NEAREST = math.radians(45)  # as `forms.SECTION_DISTANCE`: half of the way to anything at all
SURE = 1.96  # standard deviations: 95 % of a normal distribution lies within


def confidence(ratings: Ratings) -> float:
    """How much of an audience likes a piece at the least, 0..1: small where few have said.

    The lower bound of Wilson's interval at 95 %: one like alone is 0.21, ten are 0.72.

    Source: Wilson, "Probable Inference, the Law of Succession, and Statistical Inference",
    Journal of the American Statistical Association 22 (1927).
    """
    said = ratings.likes + ratings.dislikes
    if not ratings.likes:
        return 0.0  # exactly: rounding would leave a trace of one
    share, squared = ratings.likes / said, SURE**2
    spread = SURE * math.sqrt(share * (1 - share) / said + squared / (4 * said**2))
    return max(0.0, (share + squared / (2 * said) - spread) / (1 + squared / said))


@dataclass(frozen=True, slots=True)
class Favourite:
    """Where a liked piece begins."""

    latent: np.ndarray  # float32, (z_size,)
    show: str
    confidence: float  # 0..1


@dataclass(frozen=True, slots=True)
class Taste:
    """A station's, as it is known now. Equal ones lean alike, given equal dice."""

    favourites: tuple[Favourite, ...] = ()
    weight: float = 0.0  # 0..1, what the operator lets it count

    @classmethod
    def of(cls, liked: Iterable[RatedPiece], weight: float) -> Taste:
        return cls(
            tuple(
                Favourite(
                    each.piece.latents[each.piece.bars[0].start],
                    each.piece.show,
                    confidence(each.ratings),
                )
                for each in liked
            ),
            weight,
        )

    def lean(self, home: np.ndarray, show: str, rng: np.random.Generator) -> np.ndarray:
        """Where to begin from: `home`, or on the way from there to a liked piece of the show.

        Args:
            home: where the walk is, float32 (z_size,).
            rng: thrown only where there is something to lean to.
        """
        here = [
            each
            for each in self.favourites
            if each.show == show and each.latent.shape == home.shape and each.confidence > 0
        ]
        if not here or not self.weight:
            return home
        sure = np.array([each.confidence for each in here])
        chosen = here[int(rng.choice(len(here), p=sure / sure.sum()))]
        if rng.random() >= MOST_SHARE * self.weight * chosen.confidence:
            return home
        return leant(home, chosen.latent)


def leant(home: np.ndarray, liked: np.ndarray) -> np.ndarray:
    """Half of the way from `home` to what is liked, or where it is NEAREST; `home` if nearer."""
    away = angle_between(home, liked)
    if away <= NEAREST:
        return home
    as_long = liked * (np.linalg.norm(home) / np.linalg.norm(liked))  # else it is no even way
    return slerp(home, as_long, min(MOST_LEAN, 1 - NEAREST / away))


def angle_between(one: np.ndarray, other: np.ndarray) -> float:
    """Radians, 0..pi; of latents that are not zero."""
    cosine = one @ other / (np.linalg.norm(one) * np.linalg.norm(other))
    return float(np.arccos(np.clip(cosine, -1.0, 1.0)))
