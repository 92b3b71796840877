"""The archive as a folder of MIDI files: `2026/11/21/warm-lantern-0123456789abcdef0123.mid`.

The folders are the day a piece was made, in UTC. What is no piece is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from generators.music import Piece
from renderer.export import export_midi
from storage.walk import Kept, Kind

MOST_LETTERS = 60  # of a title


class MidiWriter:
    """Writes a file a piece."""

    def __init__(self, folder: Path, came_to: Mapping[str, Any]) -> None:
        self._folder = folder

    def write(self, kind: Kind, records: Sequence[Kept]) -> None:
        for piece in records:
            assert isinstance(piece, Piece), f"{kind.plural} are not written as MIDI"
            path = self._folder / path_of(piece)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(export_midi(piece))

    def end(self, kind: Kind) -> None:
        pass

    def safe(self) -> dict[str, Any]:
        return {}

    def finish(self, counts: Mapping[str, int]) -> None:
        pass

    def close(self) -> None:
        pass


def path_of(piece: Piece) -> Path:
    """Where a piece stands in the folder: letters and figures that any file system takes."""
    words = re.sub(r"[^a-z0-9]+", "-", piece.title.replace("→", "to").lower()).strip("-")
    return Path(f"{piece.created:%Y/%m/%d}", f"{words[:MOST_LETTERS] or 'untitled'}-{piece.id}.mid")
