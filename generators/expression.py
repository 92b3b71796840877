"""Notes on a grid into notes as players strike them: how strong, and how early or late.

Drums have the touch of the groove model, or rules where there is none. The bass lands with the
kick. The melody breathes by its phrases: it grows towards their middle and lets go at their end;
high notes and leaps are stronger. What is left to chance in a player is here a hash of the note's
place, so that the same piece is played the same way each time.
"""

from __future__ import annotations

import hashlib
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from generators.events import DRUM_BIT, DRUM_KINDS
from generators.groove.touch import Touch
from generators.music import STEPS_PER_BAR, TICKS_PER_STEP, Note, Trio

MOST_MS = 35.0  # off the grid: what is later than that sounds like a mistake
MOST_TICKS = TICKS_PER_STEP // 4  # ... and sixteenths stay at least half a sixteenth apart
SOFTEST, LOUDEST = 24, 122  # of a stroke of the drums: softer ones are lost in the mix
MOST_GAIN = 1.8  # of the groove model's velocities, which are of another drum kit

REST_STEPS = 2  # a rest that ends a phrase
LONG_STEPS = 8  # a note that does
PHRASE_STEPS = 4 * STEPS_PER_BAR  # a longer one breathes at the next bar line
LEAP_SEMITONES = 5

# Velocities that each part of the melody's expression adds, and milliseconds.
ARCH, FIRST, LAST, LEAP, OCTAVE, CHANCE = 8.0, 8.0, -5.0, 4.0, 5.0, 3.0
PUSH_MS, BREATH_MS, RELEASE_MS, CHANCE_MS = -4.0, 5.0, 8.0, 4.0
WITH_KICK = 4.0  # velocity a bass note gains that falls on a kick
SHARED_FEEL = 0.5  # how far melody and bass go along with the drums' timing

# Without a groove model: velocity added to each kind of drum, on the grid's sixteenths as well.
RULE_VELOCITY = {"closed hi-hat": -8.0, "open hi-hat": -4.0, "ride": -6.0, "crash": 4.0}
BACKBEAT, GHOST, BACKBEAT_MS = 10.0, -16.0, 5.0


@dataclass(frozen=True, slots=True)
class Stroke:
    """How a note is struck when it is played with full freedom."""

    velocity: float
    late_ms: float


def express(
    trio: Trio, touch: Touch | None = None, humanize_percent: int = 0, tempo_qpm: float = 120.0
) -> Trio:
    """The same notes, played.

    Args:
        trio: accented by its metre; at 0 percent it stays as it is.
        touch: of its drums, as many steps; None: they are played by rule.
        humanize_percent: how far to go, 0 to 100.

    Raises:
        ValueError: the percentage is none, or the touch is of other drums.
    """
    if not 0 <= humanize_percent <= 100:
        raise ValueError(f"humanize_percent is 0 to 100, not {humanize_percent}")
    if touch is not None and len(touch.velocities) != trio.steps:
        raise ValueError(f"a touch of {len(touch.velocities)} steps for {trio.steps} steps")
    if humanize_percent == 0:
        return trio
    share, ticks_per_ms = humanize_percent / 100, tempo_qpm / 125  # 15,000 ms in 120 qpm's ticks
    if touch is None:
        drums = [_by_rule(note) for note in trio.drums]
    else:
        drums = _touched(trio.drums, touch, ticks_per_ms)
    feel = _feel(trio.drums, drums)
    kicks = {
        note.start: stroke.late_ms
        for note, stroke in zip(trio.drums, drums, strict=True)
        if _kind(note) == "kick"
    }
    strokes = {
        "melody": _sung(trio.melody, feel),
        "bass": [_grounded(note, kicks, feel) for note in trio.bass],
        "drums": drums,
    }
    parts = {
        part: tuple(
            _played(note, stroke, share, ticks_per_ms)
            for note, stroke in zip(getattr(trio, part), strokes[part], strict=True)
        )
        for part in strokes
    }
    return Trio(steps=trio.steps, **parts)


def phrases(notes: Sequence[Note]) -> Iterator[Sequence[Note]]:
    """A melody between its breaths: rests, long notes, and every four bars at the latest."""
    begun = 0
    for number in range(1, len(notes) + 1):
        if number == len(notes) or _breathes(notes[begun], notes[number - 1], notes[number]):
            yield notes[begun:number]
            begun = number


def _breathes(first: Note, before: Note, note: Note) -> bool:
    rests = note.start - before.end >= REST_STEPS or before.end - before.start >= LONG_STEPS
    bar_line = before.start // STEPS_PER_BAR < note.start // STEPS_PER_BAR
    return rests or (bar_line and note.start - first.start >= PHRASE_STEPS)


def _played(note: Note, stroke: Stroke, share: float, ticks_per_ms: float) -> Note:
    """Between the note on the grid and its stroke."""
    velocity = note.velocity + share * (stroke.velocity - note.velocity)
    late_ms = max(-MOST_MS, min(MOST_MS, stroke.late_ms))
    ticks = max(-MOST_TICKS, min(MOST_TICKS, round(share * late_ms * ticks_per_ms)))
    if note.start == 0:
        ticks = max(0, ticks)  # nothing sounds before the piece
    return replace(note, velocity=max(1, min(127, round(velocity))), offset_ticks=ticks)


def _touched(notes: Sequence[Note], touch: Touch, ticks_per_ms: float) -> list[Stroke]:
    """Strokes of the groove model: on the whole as loud as by rule, and on the whole on time.

    Its velocities are of the kit it was recorded on, whose pedal tells less than its pads: foot
    and hands are brought to their loudness each by itself, and the balance inside is kept.
    """
    if not notes:
        return []
    at = [(note.start, DRUM_BIT[note.pitch]) for note in notes]
    ticks = [float(touch.offsets_ticks[place]) for place in at]
    velocities = [int(touch.velocities[place]) for place in at]
    limbs = [_kind(note) == "kick" for note in notes]
    wanted, given = Counter[bool](), Counter[bool]()
    for note, velocity, limb in zip(notes, velocities, limbs, strict=True):
        wanted[limb] += note.velocity
        given[limb] += velocity
    gains = {
        limb: max(1 / MOST_GAIN, min(MOST_GAIN, wanted[limb] / given[limb])) for limb in wanted
    }
    on_time = statistics.median(ticks)
    return [
        Stroke(max(SOFTEST, min(LOUDEST, gains[limb] * velocity)), (late - on_time) / ticks_per_ms)
        for velocity, late, limb in zip(velocities, ticks, limbs, strict=True)
    ]


def _by_rule(note: Note) -> Stroke:
    velocity, late_ms = _chance("drums", note)
    velocity = note.velocity + CHANCE * velocity + RULE_VELOCITY.get(_kind(note), 0.0)
    late_ms *= CHANCE_MS
    if _kind(note) == "snare":
        if note.start % STEPS_PER_BAR in (4, 12):
            velocity, late_ms = velocity + BACKBEAT, late_ms + BACKBEAT_MS
        elif note.start % 2:
            velocity += GHOST
    return Stroke(velocity, late_ms)


def _feel(notes: Sequence[Note], strokes: Sequence[Stroke]) -> Mapping[int, float]:
    """How late the drums are, on the mean of each step that they play, in ms."""
    late = defaultdict(list)
    for note, stroke in zip(notes, strokes, strict=True):
        late[note.start].append(stroke.late_ms)
    return {step: statistics.fmean(each) for step, each in late.items()}


def _grounded(note: Note, kicks: Mapping[int, float], feel: Mapping[int, float]) -> Stroke:
    """A bass note: with the kick where there is one, to the millisecond."""
    velocity, late_ms = _chance("bass", note)
    velocity = note.velocity + CHANCE * velocity
    if note.start in kicks:
        return Stroke(velocity + WITH_KICK, kicks[note.start])
    return Stroke(velocity, CHANCE_MS * late_ms + SHARED_FEEL * feel.get(note.start, 0.0))


def _sung(notes: Sequence[Note], feel: Mapping[int, float]) -> list[Stroke]:
    """A melody by its phrases."""
    if not notes:
        return []
    middle = statistics.median(note.pitch for note in notes)
    strokes = []
    for phrase in phrases(notes):
        lasts = max(1, phrase[-1].start - phrase[0].start)
        for number, note in enumerate(phrase):
            arch = math.sin(math.pi * (note.start - phrase[0].start) / lasts)
            velocity, late_ms = _chance("melody", note)
            velocity = note.velocity + CHANCE * velocity + ARCH * (arch - 2 / math.pi)
            velocity += OCTAVE * max(-1.0, min(1.0, (note.pitch - middle) / 12))
            late_ms = CHANCE_MS * late_ms + PUSH_MS * arch
            late_ms += SHARED_FEEL * feel.get(note.start, 0.0)
            if number == 0:
                velocity, late_ms = velocity + FIRST, late_ms + BREATH_MS
            elif note is phrase[-1]:
                velocity, late_ms = velocity + LAST, late_ms + RELEASE_MS
            if number and abs(note.pitch - phrase[number - 1].pitch) >= LEAP_SEMITONES:
                velocity += LEAP
            strokes.append(Stroke(velocity, late_ms))
    return strokes


def _kind(note: Note) -> str:
    return DRUM_KINDS[DRUM_BIT[note.pitch]][0]


def _chance(part: str, note: Note) -> tuple[float, float]:
    """Two numbers in -1..1 that the note's place decides."""
    place = f"{part} {note.start} {note.pitch}".encode()
    digest = hashlib.blake2b(place, digest_size=4).digest()
    one, other = digest[0] << 8 | digest[1], digest[2] << 8 | digest[3]
    return one / 32_767.5 - 1, other / 32_767.5 - 1
