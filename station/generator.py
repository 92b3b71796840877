"""The generator process as the station sees it: ask for notes; if it died, it comes back.

One process serves all stations. It is started again after a fault, at once the first time and
then more and more slowly, and nothing that plays ever waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from generators.cast import Cast, open_cast
from generators.errors import WeightsError, WorkerError
from generators.groove.touch import SHIPPED_GROOVE, Touch
from generators.music import STEPS_PER_BAR, Bar, Verdict
from generators.worker import (
    GROOVE,
    decode_tokens,
    decode_touch,
    encode_hashes,
    encode_plan,
    encode_tokens,
)

logger = logging.getLogger(__name__)

HOME = Path(__file__).parents[1]  # where `-m generators.worker` is found
START_SECONDS = 120.0  # to load the model
ANSWER_SECONDS = 120.0  # for one batch, on a slow and busy machine
FIRST_BACKOFF_SECONDS = 0.5
MAX_BACKOFF_SECONDS = 60.0
LINE_LIMIT_BYTES = 64 * 1024 * 1024
NEWS_WEIGHT = 0.3  # of the newest measurement in `seconds_a_bar`


@dataclass(frozen=True, slots=True)
class Plan:
    """What to decode: the part of a piece's recipe that fixes its tokens."""

    latents: np.ndarray  # float32, (n, z_size)
    bars: tuple[Bar, ...]
    seed: int
    temperature: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The best of several plans."""

    index: int  # of the plan
    tokens: np.ndarray  # int16, (16 bars, 3)
    verdict: Verdict


class Generator:
    """The process that owns torch."""

    def __init__(
        self,
        model: Path,
        partners: Mapping[str, Path] | None = None,
        groove: Path | None = SHIPPED_GROOVE,
    ) -> None:
        """`partners` are the folders of other models that sing parts, by part.

        `groove` is the folder of the model that says how drums are struck. Without a whole one
        they are played by rule.
        """
        self._path = model
        self._partners = partners or {}
        self._groove = groove
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._backoff_seconds = 0.0
        self._retry_at = 0.0
        self.fault: str | None = "the model is still loading"
        self.faults = 0
        self.device = ""
        self.arithmetic = ""  # see generators.ensemble.Singer; empty before the first start
        self.music_seconds = 0.0  # decoded so far, at 120 quarter notes a minute
        self.busy_seconds = 0.0  # ... and the time that took
        self.seconds_a_bar: float | None = None  # lately, of candidates; None before the first
        self.model: Cast | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def decode(self, plans: Sequence[Plan]) -> list[np.ndarray]:
        """Tokens of each plan, int16 `(16 bars, 3)`.

        Raises:
            WorkerError: the process is gone, hung or refused. A later call starts it again.
        """
        answer, _ = await self._request(plans, lambda: {"decode": _encoded(plans)})
        return [decode_tokens(text) for text in answer["tokens"]]

    async def choose(
        self, plans: Sequence[Plan], recent: np.ndarray, wish: Mapping[str, float] | None = None
    ) -> Choice:
        """The best of some plans, all of as many bars, in the critic's ears.

        Args:
            recent: hashes of the melodies not to repeat: see generators.ngrams.
            wish: what is wanted of it, by attribute: see generators.wishes.

        Raises:
            WorkerError: see `decode`.
        """
        others = {"recent": encode_hashes(recent), "wish": wish or {}}
        answer, seconds = await self._request(plans, lambda: {"choose": _encoded(plans), **others})
        now = seconds / sum(len(plan.bars) for plan in plans)
        before = self.seconds_a_bar
        self.seconds_a_bar = now if before is None else before + (now - before) * NEWS_WEIGHT
        tokens = decode_tokens(answer["tokens"])
        return Choice(answer["best"], tokens, Verdict(**answer["verdict"]))

    async def touch(self, drums: np.ndarray) -> Touch | None:
        """How the hits of drum tokens int16 `(16 bars,)` are struck; None: by rule.

        Raises:
            WorkerError: see `decode`.
        """
        answer, _ = await self._request((), lambda: {"touch": encode_tokens(drums)})
        return decode_touch(answer)

    async def _request(
        self, plans: Sequence[Plan], make: Callable[[], dict[str, Any]]
    ) -> tuple[dict[str, Any], float]:
        """The answer, and the seconds that it took."""
        async with self._turn:
            try:
                process = self._process or await self._start()
                started = time.monotonic()
                # Megabytes, with hundreds of candidates: not on the event loop.
                request = await asyncio.to_thread(lambda: json.dumps(make()).encode() + b"\n")
                answer = await self._ask(process, request, ANSWER_SECONDS)
            except WorkerError as error:
                await self._lose(error)
                raise
            except asyncio.CancelledError:
                await self.close()  # its answer would be taken for the next one's
                raise
            seconds = time.monotonic() - started
            self.busy_seconds += seconds
            bars = sum(len(plan.bars) for plan in plans)
            self.music_seconds += bars * STEPS_PER_BAR / 8
            self._backoff_seconds = 0.0
            return answer, seconds

    async def keep_alive(self) -> None:
        """Start the process if there is none: called now and then, so a dead one comes back."""
        if self._process is None or self._process.returncode is not None:
            with contextlib.suppress(WorkerError):  # noted as the fault; the next call tries again
                await self.decode([])

    async def close(self) -> None:
        """End the process; when this returns it is gone, whoever else is ending it as well."""
        process = self._process
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()
        if self._process is process:
            self._process = None

    async def _start(self) -> asyncio.subprocess.Process:
        if time.monotonic() < self._retry_at:
            raise WorkerError(self.fault or "the generator is waiting to start again")
        try:
            self.model = await asyncio.to_thread(open_cast, self._path, self._partners)
        except WeightsError as error:
            raise WorkerError(str(error)) from error
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "generators.worker", str(self._path.resolve())),
            *(f"{part}={path.resolve()}" for part, path in self._partners.items()),
            *([f"{GROOVE}={self._groove.resolve()}"] if self._groove else []),
            cwd=HOME,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_LIMIT_BYTES,
            # Ctrl-C is for the server, which ends it in order. Not a session of its own: there
            # its niceness would count for nothing beside ours (sched(7), autogroup).
            process_group=0,
        )
        self._process = process
        ready = await self._read(process, START_SECONDS)
        self.device, self.arithmetic = ready["device"], ready["arithmetic"]
        self.fault = None
        logger.info("the generator is ready: %s on %s", ready["ready"], self.device)
        return process

    async def _ask(
        self, process: asyncio.subprocess.Process, request: bytes, seconds: float
    ) -> dict[str, Any]:
        assert process.stdin is not None
        try:
            process.stdin.write(request)
            await process.stdin.drain()
        except ConnectionError as error:
            raise WorkerError("the generator process died") from error
        return await self._read(process, seconds)

    async def _read(self, process: asyncio.subprocess.Process, seconds: float) -> dict[str, Any]:
        assert process.stdout is not None
        try:
            line = await asyncio.wait_for(process.stdout.readline(), seconds)
        except TimeoutError as error:
            raise WorkerError(f"the generator did not answer within {seconds:.0f} s") from error
        if not line:
            raise WorkerError("the generator process died")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise WorkerError(answer["error"])
        return answer

    async def _lose(self, error: WorkerError) -> None:
        """Note the fault, end what is left of the process, and say when to try again."""
        await self.close()
        if time.monotonic() < self._retry_at:
            return
        self._backoff_seconds = min(
            MAX_BACKOFF_SECONDS, max(FIRST_BACKOFF_SECONDS, 2 * self._backoff_seconds)
        )
        self._retry_at = time.monotonic() + self._backoff_seconds
        self.faults += 1
        if str(error) != self.fault:
            logger.error("generator: %s", error)
        self.fault = str(error)


def _encoded(plans: Sequence[Plan]) -> list[Any]:
    return [encode_plan(p.latents, p.bars, p.seed, p.temperature) for p in plans]
