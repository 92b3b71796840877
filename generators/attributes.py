"""What can be said of a window of music in numbers that a listener would notice.

The attributes that latent directions are found for: those of Roberts et al., "A Hierarchical
Latent Vector Model for Learning Long-Term Structure in Music" (ICML 2018), as far as they are of
any use to a trio, and two of our own, drums and mode.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from generators.events import DRUM_BITS
from generators.keys import BASS_WEIGHT, KEY_SHAPES, KEYS
from generators.music import STEPS_PER_BAR
from generators.sections import SILENT, Sections, interval, onsets, sections

MELODY, BASS, DRUMS = range(3)
MIDDLE = 60  # the register of a window in which nothing sounds, MIDI pitch

# How strong each step of a bar is: 0 the downbeat, -1 the half, and so on down to the sixteenths.
_DIVISIONS = (16, 8, 4, 2, 1)  # steps between the stronger ones
METRE = np.array(
    [
        -next(depth for depth, steps in enumerate(_DIVISIONS) if step % steps == 0)
        for step in range(STEPS_PER_BAR)
    ]
)


def density(s: Sections) -> np.ndarray:
    """Notes a bar that melody and bass strike together."""
    return np.asarray(onsets(MELODY)(s) + onsets(BASS)(s))


def register(s: Sections) -> np.ndarray:
    """The mean pitch of melody and bass over the time they sound, MIDI; each counts alike."""
    return np.asarray((_mean_pitch(s.melody) + _mean_pitch(s.bass)) / 2)


def syncopation(s: Sections) -> np.ndarray:
    """How much each note of melody and bass goes against the metre, on average.

    A note that is held, or followed by silence, over a step stronger than its own counts the
    difference of the two, 1 to 4; any other note counts 0.

    Source: Longuet-Higgins and Lee, "The Rhythmic Interpretation of Monophonic Music", Music
    Perception 1 (1984); a mean over notes, so that many notes are not syncopated notes.
    """
    struck = s.struck[:, :, :DRUMS].transpose(0, 2, 1)  # (N, 2, S)
    steps = struck.shape[2]
    weights = np.broadcast_to(METRE[np.arange(steps) % STEPS_PER_BAR], struck.shape).ravel()
    begins = struck.copy()
    begins[:, :, 0] = True  # what rings from before is of no note
    at = np.flatnonzero(begins)
    strongest = np.maximum.reduceat(weights, at)  # from there until the next note
    against = (strongest - weights[at]) * struck.ravel()[at]
    sums = np.bincount(at // (DRUMS * steps), against, minlength=len(struck))
    return np.asarray(sums / np.maximum(1, struck.sum(axis=(1, 2))))


def drum_business(s: Sections) -> np.ndarray:
    """Drums hit a bar: two at once are two."""
    hits = (s.tokens[:, :, DRUMS, None] >> np.arange(DRUM_BITS)) & 1  # (N, S, 9)
    return np.asarray(hits.sum(axis=(1, 2)) * STEPS_PER_BAR / s.tokens.shape[1])


def mode(s: Sections) -> np.ndarray:
    """How much better the pitches fit the best major key than the best minor one, -2 to 2.

    The difference of two correlations with the profiles of generators.keys.
    """
    classes = _pitch_classes(s.melody) + BASS_WEIGHT * _pitch_classes(s.bass)  # (N, 12)
    classes = classes - classes.mean(axis=1, keepdims=True)
    length = np.maximum(1e-9, np.linalg.norm(classes, axis=1, keepdims=True))
    fits = classes / length @ KEY_SHAPES.T  # (N, 24)
    major = np.array([key.mode == "major" for key in KEYS])
    return np.asarray(fits[:, major].max(axis=1) - fits[:, ~major].max(axis=1))


ATTRIBUTES: Mapping[str, Callable[[Sections], np.ndarray]] = {
    "density": density,
    "register": register,
    "interval": interval,
    "syncopation": syncopation,
    "drums": drum_business,
    "mode": mode,
}


def attributes(tokens: np.ndarray) -> np.ndarray:
    """Every attribute of pieces `(N, steps, 3)`, float `(N, attributes)`: means over sections.

    Raises:
        ValueError: the tokens are not pieces of whole bars.
    """
    parts = sections(tokens)
    lengths = [part.tokens.shape[1] for part in parts]
    columns = [
        np.average([measure(part) for part in parts], axis=0, weights=lengths)
        for measure in ATTRIBUTES.values()
    ]
    return np.stack(columns, axis=1)


def _mean_pitch(pitch: np.ndarray) -> np.ndarray:
    sounds = pitch != SILENT
    count = sounds.sum(axis=1)
    mean = (pitch * sounds).sum(axis=1) / np.maximum(1, count)
    return np.where(count, mean, MIDDLE)


def _pitch_classes(pitch: np.ndarray) -> np.ndarray:
    """Steps that each pitch class sounds, `(N, 12)`."""
    each = (pitch[..., None] % 12 == np.arange(12)) & (pitch != SILENT)[..., None]
    return np.asarray(each.sum(axis=1))
