"""A corpus: the token tracks of many files, and where the windows in them begin.

Windows are not stored. A file's tracks are stored once as tokens, and a window is
(melody track, bass track, drum track, first bar), so a corpus of hundreds of songs is a few
megabytes and any window's drums can be laid under any other's melody.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import statistics
import tarfile
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from generators.errors import CorpusError, MidiError
from generators.events import (
    FIRST_PITCH_TOKEN,
    HOLD,
    drums_to_tokens,
    melody_to_tokens,
)
from generators.midi import Run, Track, read_runs
from generators.music import PARTS, STEPS_PER_BAR

CORPUS_VERSION = 2
WINDOW_BARS = 4  # what "active" and "alike" are judged on
MOST_TRACKS_A_KIND = 8  # of one run: a file with 30 tracks shall not outweigh the rest
LEAST_ONSETS = (6, 4, 6)  # a window with fewer melody, bass or drum onsets is too empty
LEAST_ACTIVE_BARS = 3  # bars of the window in which each part must strike something
ALIKE_WINDOWS = 4  # files that share so many melody windows are versions of one tune
NO_DRUMS = -1  # in place of a drum track: such a window only ever sounds under borrowed drums
HIGHEST_BASS_MEDIAN = 55  # MIDI pitch: a voice that lies higher is no bass
HELD_OUT_DENOMINATOR = 10  # one cluster in ten is held out
_DAMAGED = (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A line of the ledger: where a file came from and what became of it."""

    set_name: str
    name: str
    sha256: str
    licence: str  # first line of the set's licence note
    windows: int = 0
    drum_tracks: int = 0
    rejected: str = ""  # why nothing was taken; empty when something was
    cluster: str = ""  # name of the first file of its versions
    held_out: bool = False


@dataclass(slots=True)
class Corpus:
    """Tokens of all tracks end to end, and the windows in them."""

    tokens: np.ndarray  # int16, (all steps,)
    tracks: np.ndarray  # int64, (tracks, 4): file, part, offset, steps
    windows: np.ndarray  # int32, (windows, 4): melody, bass, drum track or NO_DRUMS, first bar
    files: list[SourceFile] = field(default_factory=list)

    def save(self, path: Path) -> None:
        ledger = json.dumps([asdict(file) for file in self.files])
        np.savez_compressed(
            path,
            version=np.array(CORPUS_VERSION),
            tokens=self.tokens,
            tracks=self.tracks,
            windows=self.windows,
            files=np.array(ledger),
        )

    @classmethod
    def load(cls, path: Path) -> Corpus:
        try:
            with path.open("rb") as file, np.load(file) as data:
                if int(data["version"]) != CORPUS_VERSION:
                    raise CorpusError(
                        f"{path} is a corpus of version {data['version']}: build it anew"
                    )
                files = [SourceFile(**line) for line in json.loads(str(data["files"]))]
                return cls(data["tokens"], data["tracks"], data["windows"], files)
        except _DAMAGED as error:
            raise CorpusError(
                f"{path} is not a corpus: {error}. Make one with `corpus build`."
            ) from error

    @property
    def window_files(self) -> np.ndarray:
        """The file each window is from, `(windows,)`."""
        return np.asarray(self.tracks[self.windows[:, 0], 0])


def build(folders: Iterable[Path]) -> Corpus:
    """Read every MIDI file in folders (and in the tar archives inside) into a corpus."""
    sources = list(itertools.chain.from_iterable(_sources(folder) for folder in folders))
    if not sources:
        raise CorpusError("no MIDI files found: name folders with .mid files or .tar archives")
    tracks: list[tuple[int, int, np.ndarray]] = []
    windows: list[tuple[int, int, int, int]] = []
    files: list[SourceFile] = []
    for set_name, name, licence, data in tqdm(sources, desc="corpus", unit="file"):
        digest = hashlib.sha256(data).hexdigest()
        file = SourceFile(set_name, name, digest, licence)
        before = len(tracks), len(windows)
        reason = _take(data, len(files), tracks, windows)
        drum_tracks = sum(part == 2 for _, part, _ in tracks[before[0] :])
        files.append(
            replace(
                file, windows=len(windows) - before[1], drum_tracks=drum_tracks, rejected=reason
            )
        )
    offsets = np.cumsum([0, *(len(tokens) for _, _, tokens in tracks)])
    corpus = Corpus(
        tokens=np.concatenate([tokens for _, _, tokens in tracks]),
        tracks=np.array(
            [(f, part, offsets[i], len(t)) for i, (f, part, t) in enumerate(tracks)], np.int64
        ),
        windows=np.array(windows, np.int32).reshape(-1, 4),
        files=files,
    )
    corpus.files = _split(corpus)
    return corpus


def _sources(folder: Path) -> Iterator[tuple[str, str, str, bytes]]:
    """(set name, file name, licence line, bytes) of every MIDI file below `folder`, in order."""
    if not folder.is_dir():
        raise CorpusError(f"no such folder: {folder}")
    licence = _licence(folder)
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in {".mid", ".midi"}:
            yield folder.name, str(path.relative_to(folder)), licence, path.read_bytes()
        elif ".tar" in path.suffixes:
            with tarfile.open(path) as archive:
                for member in sorted(archive.getmembers(), key=lambda m: m.name):
                    if member.name.lower().endswith((".mid", ".midi")):
                        content = archive.extractfile(member)
                        if content is not None:
                            yield folder.name, member.name, licence, content.read()


def _licence(folder: Path) -> str:
    note = folder / "PROVENANCE.md"
    if note.is_file():
        return note.read_text().splitlines()[0].lstrip("# ")
    return "not stated"


def _take(
    data: bytes,
    file: int,
    tracks: list[tuple[int, int, np.ndarray]],
    windows: list[tuple[int, int, int, int]],
) -> str:
    """Add a file's tracks and windows. Returns why nothing was taken, or nothing."""
    try:
        runs = read_runs(data)
    except MidiError as error:
        return str(error)
    reason = "no bar of 4/4"
    before = len(tracks)
    for run in runs:
        if not run.on_the_grid:
            reason = f"{run.off_grid:.0%} of the notes are off the grid of sixteenths"
        elif run.steps < WINDOW_BARS * STEPS_PER_BAR:
            reason = f"shorter than {WINDOW_BARS} bars"
        else:
            reason = _take_run(run, file, tracks, windows) or reason
    return "" if len(tracks) > before else reason


def _take_run(
    run: Run,
    file: int,
    tracks: list[tuple[int, int, np.ndarray]],
    windows: list[tuple[int, int, int, int]],
) -> str:
    kinds: dict[str, list[int]] = {part: [] for part in PARTS}
    actives = {}
    for track in _with_a_bass(run.tracks):
        if len(kinds[track.kind]) == MOST_TRACKS_A_KIND:
            continue
        is_drums = track.kind == "drums"
        tokens = (drums_to_tokens if is_drums else melody_to_tokens)(track.notes, run.steps)
        part = PARTS.index(track.kind)
        active = _active_windows(tokens, part)
        if active.any():
            kinds[track.kind].append(len(tracks))
            actives[len(tracks)] = active
            tracks.append((file, part, tokens))
    missing = [part for part in ("melody", "bass") if not kinds[part]]
    for melody, bass, drums in itertools.product(
        kinds["melody"], kinds["bass"], kinds["drums"] or [NO_DRUMS]
    ):
        together = actives[melody] & actives[bass] & actives.get(drums, True)
        windows.extend((melody, bass, drums, int(bar)) for bar in np.flatnonzero(together))
    return f"no {' and no '.join(missing)} that plays" if missing else ""


def _with_a_bass(tracks: tuple[Track, ...]) -> tuple[Track, ...]:
    """In music for voices the lowest is the bass and the highest the melody."""
    voices = [track for track in tracks if track.kind == "melody"]
    if len(voices) < 2 or any(track.kind == "bass" for track in tracks):
        return tracks
    by_height = sorted(voices, key=lambda t: statistics.median(n.pitch for n in t.notes))
    lowest, highest = by_height[0], by_height[-1]
    if statistics.median(note.pitch for note in lowest.notes) > HIGHEST_BASS_MEDIAN:
        return tracks
    drums = tuple(track for track in tracks if track.kind == "drums")
    return (highest, replace(lowest, kind="bass"), *drums)


def _active_windows(tokens: np.ndarray, part: int) -> np.ndarray:
    """For each first bar: does this part play enough in the window that begins there?"""
    struck = tokens >= (FIRST_PITCH_TOKEN if part < 2 else HOLD + 1)
    onsets = struck.reshape(-1, STEPS_PER_BAR).sum(axis=1)
    if len(onsets) < WINDOW_BARS:
        return np.zeros(0, bool)
    view = np.lib.stride_tricks.sliding_window_view(onsets, WINDOW_BARS)
    enough, spread = view.sum(axis=1), (view > 0).sum(axis=1)
    return np.asarray((enough >= LEAST_ONSETS[part]) & (spread >= LEAST_ACTIVE_BARS))


def _split(corpus: Corpus) -> list[SourceFile]:
    """Cluster files that are versions of one tune; hold out whole clusters."""
    parent = list(range(len(corpus.files)))

    def root(file: int) -> int:
        while parent[file] != file:
            file = parent[file]
        return file

    first_with: dict[int, int] = {}
    shared: dict[tuple[int, int], int] = defaultdict(int)
    for file, part, offset, steps in corpus.tracks:
        if PARTS[part] != "melody":
            continue
        for shape in _melody_shapes(corpus.tokens[offset : offset + steps]):
            other = first_with.setdefault(shape, int(file))
            if other != file:
                shared[other, int(file)] += 1
    for (one, other), count in shared.items():
        if count >= ALIKE_WINDOWS:
            a, b = sorted((root(one), root(other)))
            parent[b] = a
    files = []
    for index, file in enumerate(corpus.files):
        cluster = corpus.files[root(index)].name
        bucket = int(hashlib.sha256(cluster.encode()).hexdigest(), 16) % HELD_OUT_DENOMINATOR
        files.append(replace(file, cluster=cluster, held_out=bucket == 1))
    return files


def _melody_shapes(tokens: np.ndarray) -> set[int]:
    """A hash of each 4-bar window's rhythm and intervals: the same in every key."""
    shapes = set()
    size = WINDOW_BARS * STEPS_PER_BAR
    for start in range(0, len(tokens) - size + 1, STEPS_PER_BAR):
        window = tokens[start : start + size]
        onsets = np.flatnonzero(window >= FIRST_PITCH_TOKEN)
        if len(onsets) >= 8 and len(set(window[onsets])) >= 4:
            shapes.add(hash((onsets.tobytes(), np.diff(window[onsets]).tobytes())))
    return shapes


def provenance(corpus: Corpus) -> list[dict[str, Any]]:
    """For each set of a corpus: its licence, and how much of it was taken."""
    sets = []
    for set_name in dict.fromkeys(file.set_name for file in corpus.files):
        files = [file for file in corpus.files if file.set_name == set_name]
        taken = [file for file in files if not file.rejected]
        sets.append(
            {
                "set": set_name,
                "licence": files[0].licence,
                "files": len(taken),
                "trio_windows": sum(file.windows for file in files),
                "drum_tracks": sum(file.drum_tracks for file in files),
            }
        )
    return sets


def describe(corpus: Corpus) -> str:
    """A report: what was taken of each set, and why files were rejected."""
    found = Counter(file.set_name for file in corpus.files)
    lines = [
        f"{s['set']}: {s['files']} of {found[s['set']]} files, {s['trio_windows']} trio windows"
        for s in provenance(corpus)
    ]
    clusters = {file.cluster for file in corpus.files if file.windows}
    held = {file.cluster for file in corpus.files if file.windows and file.held_out}
    lines.append(f"{len(clusters)} tunes with trios, {len(held)} of them held out")
    lines += [f"  rejected {f.set_name}/{f.name}: {f.rejected}" for f in corpus.files if f.rejected]
    return "\n".join(lines)
