"""A programme before anybody hears it: what comes, in which key, and how well it is joined."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from generators.keys import parse_key
from generators.music import Piece
from renderer.joins import JoinNotes, score_join
from renderer.pcm import Start
from renderer.score import frames_of
from station.dials import Dials
from station.offline import Offline

DIALS = ("energy", "brightness", "density", "adventure")
FIFTH = 7  # semitones
HEADING = (
    " time     origin   form      key        tempo   energy bright. density advent.  "
    "verdict  step worst clash  title"
)


@dataclass(frozen=True, slots=True)
class Join:
    """How a piece is reached."""

    position: int  # of the first frame that is not the old piece
    old: Piece
    bridge: Piece | None
    new: Piece

    @property
    def notes(self) -> JoinNotes:
        return score_join(self.old, self.bridge, self.new, position=self.position)


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of the coming programme."""

    position: int  # frames since it began
    local: datetime  # when, by the station's clock on the wall
    piece: Piece
    dials: Dials  # as they stand then
    join: Join | None  # the way to it; None of bridges, and of the first piece

    @property
    def end(self) -> int:
        """Position of the first frame of what follows."""
        return self.position + frames_of(self.piece)

    @property
    def row(self) -> str:
        """A line of the table under HEADING."""
        piece, verdict, notes = self.piece, self.piece.verdict, self.join and self.join.notes
        dials = " ".join(f"{getattr(self.dials, name):+7.2f}" for name in DIALS)
        total = f"{verdict.total:7.2f}" if verdict else " " * 7
        figures = " " * 17
        if notes:
            figures = f"{notes.step_ratio:5.2f} {notes.worst_ratio:5.2f} {notes.clash:5.2f}"
        tempo = f"{piece.tempo_end_qpm:6.1f}"
        return (
            f"{self.local:%H:%M:%S}  {piece.origin:<8} {piece.form:<9} {piece.key:<9} {tempo}  "
            f"{dials}  {total} {figures}  {piece.title}"
        )

    def as_dict(self) -> dict[str, Any]:
        piece, verdict = self.piece, self.piece.verdict
        return {
            "position": self.position,
            "local": self.local.isoformat(),
            "id": piece.id,
            "title": piece.title,
            "origin": piece.origin,
            "show": piece.show,
            "form": piece.form,
            "key": piece.key,
            "tempo_qpm": piece.tempo_qpm,
            "tempo_end_qpm": piece.tempo_end_qpm,
            "seconds": round(piece.seconds, 3),
            "dials": {name: round(getattr(self.dials, name), 4) for name in DIALS},
            "verdict": verdict.total if verdict else None,
            "join": asdict(self.join.notes) if self.join else None,
        }


async def rehearse(offline: Offline, seconds: float) -> AsyncIterator[Item]:
    """The coming programme, piece by piece.

    Raises:
        WorkerError: the generator failed.
    """
    zone = ZoneInfo(offline.producer.settings.timezone)
    before: list[Start] = []  # the last real piece, and the bridge after it
    async for start in offline.pieces(seconds):
        local = offline.utc().astimezone(zone)
        join = None
        if start.piece.origin != "bridge":
            join = _join([*before, start])
            before = []
        before.append(start)
        yield Item(start.position, local, start.piece, offline.producer.dials, join)


def to_json(items: Sequence[Item], seed: int) -> str:
    """The whole rehearsal, for other programs."""
    rows = [item.as_dict() for item in items]
    return json.dumps({"seed": seed, "pieces": rows}, indent=1, ensure_ascii=False) + "\n"


def summary(items: Sequence[Item]) -> str:
    """What the joins come to, in a line."""
    notes = [item.join.notes for item in items if item.join]
    if not notes:
        return "no joins"
    steps = [each.step_ratio for each in notes]
    worst = [each.worst_ratio for each in notes]
    return (
        f"{len(notes)} joins: step {np.median(steps):.2f} (median), worst "
        f"{np.percentile(worst, 95):.2f} (95th percentile), clash "
        f"{np.mean([each.clash for each in notes]):.2f} (mean), off the grid "
        f"{max(each.grid_error_ms for each in notes):.1f} ms (most)"
    )


def place_on_circle(key: str) -> int:
    """How many fifths a key's signature lies from C major's, -5..6: sharps above, flats below."""
    return (parse_key(key).signature * FIFTH + 5) % 12 - 5


def _join(starts: Sequence[Start]) -> Join | None:
    if len(starts) < 2:
        return None
    old, *between, new = starts
    bridge = between[0].piece if between else None
    return Join(starts[1].position, old.piece, bridge, new.piece)
