"""Pieces as files, made on request: few at a time, each once, kept for who comes next.

Sound on air goes first. So a file is made in a process of its own of low priority
(`renderer.making`), so many at a time, and so many may wait; one more is refused. Who asks for
what is being made already waits for the same file. When the last of them has gone away, its
process is ended, and its place is free.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from renderer.making import COMMAND, HOME, REFUSED
from station.archive_settings import ExportSettings
from web.export_cache import ExportCache

MOST_SECONDS = 300.0  # for one file; stems of a long piece take some twenty on a slow machine
FULL_RETRY_SECONDS = 15
FAULT_RETRY_SECONDS = 60

logger = logging.getLogger(__name__)

Make = Callable[[], Awaitable[bytes]]
MayExport = Callable[[], str | None]  # the reason why not, in words


class ExportRefusedError(Exception):
    """No file now; the message says why, for whoever asked."""

    def __init__(self, reason: str, retry_seconds: int) -> None:
        super().__init__(reason)
        self.retry_seconds = retry_seconds


@dataclass(slots=True)
class _Making:
    """A file on its way, and how many wait for it."""

    task: asyncio.Task[Path | bytes]
    askers: int = 0


class Exports:
    """Makes files, or finds them where they are kept."""

    def __init__(
        self, settings: ExportSettings, cache: ExportCache, may_export: MayExport = lambda: None
    ) -> None:
        self._cache = cache
        self._may_export = may_export
        self._at_once = asyncio.Semaphore(settings.at_once)
        self._places = settings.at_once + settings.waiting
        self._most_each = (self._places + 1) // 2
        self._by_asker: Counter[str] = Counter()  # places taken
        self._makings: dict[str, _Making] = {}

    async def find(self, key: str) -> Path | None:
        """The file, if it is kept."""
        return await asyncio.to_thread(self._cache.find, key)

    async def get(self, key: str, make: Make, asker: str = "") -> Path | bytes:
        """The file of that key; its bytes where it could not be kept.

        Args:
            asker: an address, which may have half of the places; empty for whoever may have all.

        Raises:
            ExportRefusedError: too many wait already, the disk is nearly full, or it cannot be
                made.
        """
        making = self._makings.get(key)
        if making is None:
            making = _Making(asyncio.create_task(self._find_or_make(key, make, asker)))
            making.task.add_done_callback(lambda task: self._forget(key, task))
            self._makings[key] = making
        making.askers += 1
        try:
            return await asyncio.shield(making.task)  # it is for the others, too
        finally:
            making.askers -= 1
            if not making.askers and not making.task.done():
                self._forget(key, making.task)
                making.task.cancel()

    async def close(self) -> None:
        """End what is being made."""
        tasks = [making.task for making in self._makings.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _find_or_make(self, key: str, make: Make, asker: str) -> Path | bytes:
        if (found := await self.find(key)) is not None:
            return found
        if (reason := self._may_export()) is not None:
            raise ExportRefusedError(reason, FAULT_RETRY_SECONDS)
        if not self._places:
            raise ExportRefusedError(
                "too many downloads at once; try again soon", FULL_RETRY_SECONDS
            )
        if asker and self._by_asker[asker] >= self._most_each:
            raise ExportRefusedError(
                f"{self._most_each} downloads are being made for your address already; "
                "try again soon",
                FULL_RETRY_SECONDS,
            )
        self._places -= 1
        self._by_asker[asker] += 1
        try:
            async with self._at_once:
                made = await make()
        finally:
            self._places += 1
            self._by_asker[asker] -= 1
            self._by_asker += Counter()  # drops those who have none
        return await asyncio.to_thread(self._cache.keep, key, made) or made

    def _forget(self, key: str, task: asyncio.Task[Path | bytes]) -> None:
        if key in self._makings and self._makings[key].task is task:
            del self._makings[key]
        if task.done() and not task.cancelled():
            task.exception()  # those who asked have it, or nobody wants it any more


async def make_in_process(
    order: bytes, most_seconds: float = MOST_SECONDS, *, command: Sequence[str] = COMMAND
) -> bytes:
    """What `renderer.making`, or another command, makes of an order. It is ended when this is
    cancelled.

    Raises:
        ExportRefusedError: it cannot be made, its process crashed, or it took too long.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=HOME,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        process_group=0,  # so that what it has started ends with it
    )
    try:
        async with asyncio.timeout(most_seconds):
            made, said = await process.communicate(order)
    except TimeoutError as error:
        raise ExportRefusedError(
            f"it could not be made within {most_seconds:g} s", FAULT_RETRY_SECONDS
        ) from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    words = said.decode(errors="replace").strip()
    if process.returncode == REFUSED:
        raise ExportRefusedError(words, FAULT_RETRY_SECONDS)
    if process.returncode != 0:
        logger.error("a file could not be made (exit status %s): %s", process.returncode, words)
        raise ExportRefusedError(
            "it could not be made; the station's log says why", FAULT_RETRY_SECONDS
        )
    return made
