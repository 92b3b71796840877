"""The corpus file.

Windows are not stored. A file's tracks are stored once as tokens, and a window is (melody track,
bass track, drum track, first bar), so a corpus of thousands of songs is a few megabytes and any
window's drums can be laid under any other's melody.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from generators.corpus.ledger import SourceFile
from generators.errors import CorpusError

CORPUS_VERSION = 3
NO_DRUMS = -1  # in place of a drum track: such a window only ever sounds under borrowed drums
AS_FOUND = 0  # in place of an arrangement
_DAMAGED = (OSError, EOFError, KeyError, ValueError, TypeError, zipfile.BadZipFile, zlib.error)


@dataclass(slots=True)
class Corpus:
    """Tokens of all tracks end to end, and the windows in them."""

    tokens: np.ndarray  # int16, (all steps,)
    tracks: np.ndarray  # int64, (tracks, 4): file, part, offset, steps
    # int32, (windows, 5): melody, bass, drum track or NO_DRUMS, first bar, and AS_FOUND or which
    # of the file's arrangements, counted from 1, the bass and the drums are from
    windows: np.ndarray
    files: list[SourceFile] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)  # each set's licence and credits, whole

    def save(self, path: Path) -> None:
        """Write the file; an older one is replaced only when the new one is whole."""
        ledger = json.dumps([asdict(file) for file in self.files])
        partial = path.with_name(path.name + ".writing")
        with partial.open("wb") as file:
            np.savez_compressed(
                file,
                version=np.array(CORPUS_VERSION),
                tokens=self.tokens,
                tracks=self.tracks,
                windows=self.windows,
                files=np.array(ledger),
                notes=np.array(json.dumps(self.notes)),
            )
        os.replace(partial, path)

    @classmethod
    def load(cls, path: Path) -> Corpus:
        try:
            with path.open("rb") as file, np.load(file) as data:
                if int(data["version"]) != CORPUS_VERSION:
                    raise CorpusError(
                        f"{path} is a corpus of version {data['version']}: build it anew"
                    )
                files = [_line(line) for line in json.loads(str(data["files"]))]
                notes = json.loads(str(data["notes"])) if "notes" in data else {}
                return cls(data["tokens"], data["tracks"], data["windows"], files, notes)
        except _DAMAGED as error:
            raise CorpusError(
                f"{path} is not a corpus: {error}. Make one with `corpus build`."
            ) from error

    @property
    def window_files(self) -> np.ndarray:
        """The file each window is from, `(windows,)`."""
        return np.asarray(self.tracks[self.windows[:, 0], 0])


def _line(line: dict[str, object]) -> SourceFile:
    arrangements = line.pop("arrangements")
    if not isinstance(arrangements, list):
        raise ValueError("its ledger is torn")
    return SourceFile(**line, arrangements=tuple(arrangements))  # type: ignore[arg-type] # JSON
