"""Folders of music to a corpus: read every file, tell versions apart, arrange, and join it all."""

from __future__ import annotations

import hashlib
import itertools
import logging
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from generators.corpus import arrange
from generators.corpus.join import join
from generators.corpus.sources import MIDI, Source, notes_of, sources
from generators.corpus.split import clusters
from generators.corpus.store import Corpus
from generators.corpus.tracks import Taken, melody_phrases, melody_shapes, take
from generators.corpus.workshop import Workshop
from generators.errors import CorpusError
from generators.mma import MISSING, find_mma
from generators.music import PARTS

logger = logging.getLogger(__name__)

READING_VERSION = 1  # to be raised when equal files come to be read otherwise


def build(
    folders: Iterable[Path],
    *,
    arrangements: int = 0,
    processes: int = 1,
    keep: Path | None = None,
) -> Corpus:
    """Read every score in folders (and in the archives inside) into a corpus.

    Args:
        folders: one a set.
        arrangements: basses and drums that mma shall write for each melody.
        processes: that work side by side; the corpus does not depend on it.
        keep: a folder for what is done so far: with it, a build that was interrupted goes on.
            The caller removes it when the corpus is safe.

    Raises:
        CorpusError: a folder is missing, or there is nothing to read in any of them.
    """
    folders = list(folders)
    files = list(itertools.chain.from_iterable(sources(folder) for folder in folders))
    if not files:
        raise CorpusError(
            "no MIDI files found, no MusicXML and no ABC: name folders of scores or archives"
        )
    digests = [hashlib.sha256(file.data).hexdigest() for file in files]
    with Workshop(processes, keep) as workshop:
        keys = [
            hashlib.sha256(f"{READING_VERSION} {file.suffix} {digest}".encode()).hexdigest()
            for file, digest in zip(files, digests, strict=True)
        ]
        taken = workshop.do(_take, files, keys, Taken, "reading")
        melodies = [_melodies(file) for file in taken]
        firsts = clusters(
            [[melody_shapes(melody) for melody in file] for file in melodies],
            [[melody_phrases(melody) for melody in file] for file in melodies],
        )
        scores = [file.suffix not in MIDI for file in files]
        jobs = _jobs(taken, digests, firsts, arrangements, scores)
        played = workshop.do(
            partial(arrange.play, find_mma() or ""),
            jobs,
            [job.cache_key for job in jobs],
            arrange.Played,
            "arranging",
        )
    corpus = join(files, taken, firsts, list(zip(jobs, played, strict=True)))
    corpus.notes = {folder.name: notes_of(folder) for folder in folders}
    return corpus


def _take(source: Source) -> Taken:
    return take(source.suffix, source.data)


def _melodies(taken: Taken) -> list[np.ndarray]:
    return [tokens for _, part, tokens in taken.tracks if PARTS[part] == "melody"]


def _jobs(
    taken: Sequence[Taken],
    digests: Sequence[str],
    firsts: Sequence[int],
    arrangements: int,
    scores: Sequence[bool],
) -> list[arrange.Job]:
    if arrangements and find_mma() is None:
        logger.warning(MISSING)
        return []
    return arrange.jobs(taken, digests, firsts, arrangements, scores) if arrangements else []
