"""Work on many files: side by side, with a bar, and never done twice.

Each result is kept as a small file in a folder as soon as it is there, named after what it was
made from. A build that was interrupted finds them and goes on; another version of the code, or
an altered file, has other names.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import zipfile
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from tqdm import tqdm

from generators.errors import CorpusError

CHUNK = 4  # pieces of work handed to a process at once
_TORN = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)


class Kept(Protocol):
    """A result that can be arrays and JSON, and back."""

    def packed(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]: ...

    @classmethod
    def unpacked(cls, facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> Self: ...


Work = TypeVar("Work")
Result = TypeVar("Result", bound=Kept)


class Workshop:
    """Processes that work, and the folder that keeps what they made (or none: nothing is kept)."""

    def __init__(self, processes: int, folder: Path | None) -> None:
        self._folder = folder
        self._pool: ProcessPoolExecutor | None = None
        if processes > 1:
            # Spawned, not forked: the caller may have threads. Ctrl-C is for the caller alone.
            context = multiprocessing.get_context("spawn")
            quiet = (signal.SIGINT, signal.SIG_IGN)
            self._pool = ProcessPoolExecutor(processes, context, signal.signal, quiet)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def do(
        self,
        work: Callable[[Work], Result],
        items: Sequence[Work],
        keys: Sequence[str],
        kind: type[Result],
        name: str,
    ) -> list[Result]:
        """`work` on each item, in order; what is kept under an item's key is not made again.

        Raises:
            CorpusError: a process was killed; what was made until then is kept.
        """
        if not items:
            return []
        known = {key: result for key in keys if (result := self._find(key, kind)) is not None}
        missing = {key: item for key, item in zip(keys, items, strict=True) if key not in known}
        pool = self._pool
        results = (
            map(work, missing.values())
            if pool is None
            else pool.map(work, missing.values(), chunksize=CHUNK)
        )
        bar = tqdm(total=len(items), initial=len(items) - len(missing), desc=name, unit="file")
        try:
            with bar:
                for key, result in zip(missing, results, strict=True):
                    self._keep(key, result)
                    known[key] = result
                    bar.update()
        except BrokenProcessPool as error:
            raise CorpusError(
                f"a process was killed while {name}: run it again to go on"
            ) from error
        return [known[key] for key in keys]

    def _keep(self, key: str, result: Kept) -> None:
        if self._folder is None:
            return
        facts, arrays = result.packed()
        partial = self._folder / "writing"
        with partial.open("wb") as file:
            np.savez_compressed(file, facts=np.array(json.dumps(facts)), **arrays)  # type: ignore[arg-type] # numpy's stub: any array name
        os.replace(partial, self._folder / f"{key}.npz")

    def _find(self, key: str, kind: type[Result]) -> Result | None:
        if self._folder is None:
            return None
        try:
            with (self._folder / f"{key}.npz").open("rb") as file, np.load(file) as data:
                arrays = {name: data[name] for name in data.files}
            return kind.unpacked(json.loads(str(arrays.pop("facts"))), arrays)
        except _TORN:  # not there, or not whole: it is made again
            return None
