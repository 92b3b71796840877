"""What a listener shall notice of the next piece, for whoever chooses among candidates.

Directions move a model's music as far as straight lines in its latent space go. Where they are
weak (major and minor, syncopation), the choice among candidates does the rest.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from generators.attributes import ATTRIBUTES, attributes

# Median and standard deviation of each attribute in held-out music: 2000 windows of four bars of
# the corpus of the shipped model.
USUAL: Mapping[str, tuple[float, float]] = {
    "density": (10.0, 5.2),
    "register": (50.7, 6.7),
    "interval": (2.3, 2.9),
    "syncopation": (0.14, 0.26),
    "drums": (10.8, 6.5),
    "mode": (0.0, 0.17),
}
STEEPNESS = 2.0  # a deviation above what is usual: 0.88 of a wish granted, one below: 0.12


def granted(tokens: np.ndarray, wish: Mapping[str, float]) -> np.ndarray:
    """How far pieces `(N, steps, 3)` grant a wish: a mark each, 0..1, `(N,)`.

    Args:
        wish: for each attribute how much weight it has; below 0 less of it is wished for. A
            weight of 1 is meant to count as one of the critic's terms does.

    Raises:
        ValueError: there is no such attribute.
    """
    unknown = sorted(wish.keys() - ATTRIBUTES.keys())
    if unknown:
        raise ValueError(
            f"no attribute is called {unknown[0]!r}; there are {', '.join(ATTRIBUTES)}"
        )
    usual, spread = np.array([USUAL[name] for name in ATTRIBUTES]).T
    weights = np.array([wish.get(name, 0.0) for name in ATTRIBUTES])
    deviations = (attributes(tokens) - usual) / spread  # (N, A)
    # Of the logistic function log(1 / (1 + exp(-x))) = -log(1 + exp(-x)), without overflowing.
    logs = -np.logaddexp(0.0, -STEEPNESS * deviations * np.sign(weights))
    return np.asarray(np.exp(logs @ np.abs(weights)))
