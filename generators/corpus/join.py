"""All that was taken of all files, joined into one corpus."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from generators.corpus.arrange import Job, Played
from generators.corpus.ledger import SourceFile
from generators.corpus.sources import Source
from generators.corpus.split import is_held_out
from generators.corpus.store import AS_FOUND, NO_DRUMS, Corpus
from generators.corpus.tracks import Taken, active_windows
from generators.music import PARTS

MELODY, BASS, DRUMS = range(len(PARTS))


def join(
    sources: Sequence[Source],
    taken: Sequence[Taken],
    firsts: Sequence[int],
    arranged: Sequence[tuple[Job, Played]],
) -> Corpus:
    """A corpus of `sources` in their order.

    Args:
        taken: what each source gave.
        firsts: for each source, the first of its versions.
        arranged: jobs and what was played for them, of any of the sources.
    """
    of_file = defaultdict(list)
    for job, played in arranged:
        of_file[job.file].append((job, played))
    joint = _Joint()
    for file, (source, result) in enumerate(zip(sources, taken, strict=True)):
        joint.add(file, source, result, sources[firsts[file]].name, of_file[file])
    return joint.corpus()


class _Joint:
    """A corpus that grows by a file at a time."""

    def __init__(self) -> None:
        self._tokens: list[np.ndarray] = [np.zeros(0, np.int16)]
        self._tracks: list[tuple[int, int, int, int]] = []
        self._windows: list[tuple[int, int, int, int, int]] = []
        self._files: list[SourceFile] = []
        self._steps = 0

    def add(
        self,
        file: int,
        source: Source,
        taken: Taken,
        cluster: str,
        arranged: Sequence[tuple[Job, Played]],
    ) -> None:
        first = len(self._tracks)
        for _, part, tokens in taken.tracks:
            self._add_track(file, part, tokens)
        for melody, bass, drums, bar in taken.windows:
            drums = NO_DRUMS if drums == NO_DRUMS else drums + first
            self._windows.append((melody + first, bass + first, drums, bar, AS_FOUND))
        found = len(self._windows)
        names: list[str] = []
        for job, played in arranged:
            for each in played.arrangements:
                names.append(f"mma {each.groove}")
                bass = self._add_track(file, BASS, each.bass)
                drums = self._add_track(file, DRUMS, each.drums)
                active = active_windows(each.bass, BASS) & active_windows(each.drums, DRUMS)
                for melody in job.melodies:
                    together = active & active_windows(taken.tracks[melody][2], MELODY)
                    self._windows.extend(
                        (melody + first, bass, drums, bar, len(names))
                        for bar in np.flatnonzero(together).tolist()
                    )
        self._files.append(
            SourceFile(
                source.set_name,
                source.name,
                hashlib.sha256(source.data).hexdigest(),
                source.licence,
                windows=len(taken.windows),
                drum_tracks=sum(part == DRUMS for _, part, _ in taken.tracks),
                rejected=taken.rejected,
                cluster=cluster,
                held_out=is_held_out(cluster),
                arrangements=tuple(names),
                arranged_windows=len(self._windows) - found,
            )
        )

    def _add_track(self, file: int, part: int, tokens: np.ndarray) -> int:
        self._tokens.append(tokens)
        self._tracks.append((file, part, self._steps, len(tokens)))
        self._steps += len(tokens)
        return len(self._tracks) - 1

    def corpus(self) -> Corpus:
        return Corpus(
            tokens=np.concatenate(self._tokens),
            tracks=np.array(self._tracks, np.int64).reshape(-1, 4),
            windows=np.array(self._windows, np.int32).reshape(-1, 5),
            files=self._files,
        )
