"""The ledger of a corpus: a line a file, and what it adds up to."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A line of the ledger: where a file came from and what became of it."""

    set_name: str
    name: str
    sha256: str
    licence: str  # first line of the set's licence note
    windows: int = 0  # as found: its own melody and bass, and its own drums or borrowed ones
    drum_tracks: int = 0
    rejected: str = ""  # why nothing was taken; empty when something was
    cluster: str = ""  # name of the first file of its versions
    held_out: bool = False
    arrangements: tuple[str, ...] = ()  # "mma BossaNova": arranger and groove, one a take
    arranged_windows: int = 0


class HasLedger(Protocol):
    @property
    def files(self) -> Sequence[SourceFile]: ...


def provenance(corpus: HasLedger) -> list[dict[str, Any]]:
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
                "arranged_windows": sum(file.arranged_windows for file in files),
                "drum_tracks": sum(file.drum_tracks for file in files),
            }
        )
    return sets


def ledger_sha256(corpus: HasLedger) -> str:
    """Of all its lines: two corpora of one ledger are made of the same files in the same way."""
    lines = [asdict(file) for file in corpus.files]
    text = json.dumps(lines, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def describe(corpus: HasLedger) -> str:
    """A report: what was taken of each set, and why files were rejected."""
    found = Counter(file.set_name for file in corpus.files)
    lines = [
        f"{s['set']}: {s['files']} of {found[s['set']]} files, {s['trio_windows']} trio windows, "
        f"{s['arranged_windows']} arranged"
        for s in provenance(corpus)
    ]
    used = [file for file in corpus.files if file.windows or file.arranged_windows]
    clusters = {file.cluster for file in used}
    held = {file.cluster for file in used if file.held_out}
    lines.append(f"{len(clusters)} tunes with trios, {len(held)} of them held out")
    lines += [f"  rejected {f.set_name}/{f.name}: {f.rejected}" for f in corpus.files if f.rejected]
    return "\n".join(lines)
