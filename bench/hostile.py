"""What hostile requests do beside listeners: nothing that those can hear.

    python bench/hostile.py [--requests 100000] [--listeners 1000] [--header-seconds 3]

Starts a station in a folder of its own on a free port of this machine, lets it be heard, and then
sends it, from another process, a quarter each of: garbage; requests too large; connections that
say nothing; and requests whose header lines drip in a byte at a time. Prints what listeners noticed
without and with them, how each kind was answered, and memory and open files of the server before,
at most, and after. Only so many are in flight at once, and all of it ends by itself. Exit status
1 if a listener noticed anything: a gap over 0.75 s, a disconnection, a byte that is wrong.

All of it shares this machine's cores: `late` is by how much the listening process itself overslept.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from station.loadtest import Heard, Load, LoadTest  # noqa: E402  after the path is set
from web.garbage import LOOK_SECONDS  # noqa: E402  after the path is set

HOST = "127.0.0.1"
AT_ONCE = {"garbage": 50, "oversized": 50, "silent": 1_000, "dripping": 1_000}
DRIP_SECONDS = 0.25
GIVE_UP_SECONDS = 60.0  # of one request; the server is to be done with it long before
QUIET_SECONDS = 20.0
RAMP = 200.0  # listeners a second
MOST_GAP_SECONDS = 0.75


class Hostile(asyncio.Protocol):
    """One connection, until the server ends it."""

    def __init__(self, kind: str, random: Random) -> None:
        self.kind = kind
        self.received = bytearray()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._random = random

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self.kind == "garbage":
            transport.write(self._random.randbytes(self._random.randrange(1, 600)) + b"\r\n\r\n")
        elif self.kind == "oversized":
            fields = (b"X-%d: %s\r\n" % (number, 1_000 * b"a") for number in range(64))
            transport.write(b"GET /stream.mp3 HTTP/1.1\r\n" + b"".join(fields))
        elif self.kind == "dripping":
            transport.write(b"GET /stream.mp3 HTTP/1.1\r\nX-Slow: ")
            self._drip()

    def data_received(self, data: bytes) -> None:
        self.received += data[: 100 - len(self.received)]

    def connection_lost(self, exc: BaseException | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    @property
    def answer(self) -> str:
        status = re.match(rb"HTTP/1\.\d (\d+)", bytes(self.received))
        return status[1].decode() if status else "closed"

    def _drip(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(b"a")
            asyncio.get_running_loop().call_later(DRIP_SECONDS, self._drip)


async def attack(port: int, requests: int) -> dict[str, dict[str, object]]:
    """How each kind was answered, and how long all of it took."""

    async def all_of(kind: str, random: Random) -> dict[str, object]:
        answers: Counter[str] = Counter()
        numbers = iter(range(requests // len(AT_ONCE)))
        began = time.monotonic()

        async def some() -> None:
            for _ in numbers:
                answers[await one(kind, port, random)] += 1

        await asyncio.gather(*(some() for _ in range(AT_ONCE[kind])))
        return {"answers": dict(answers), "seconds": round(time.monotonic() - began, 1)}

    done = await asyncio.gather(*(all_of(kind, Random(kind)) for kind in AT_ONCE))
    return dict(zip(AT_ONCE, done, strict=True))


async def one(kind: str, port: int, random: Random) -> str:
    loop = asyncio.get_running_loop()
    try:
        _, hostile = await loop.create_connection(lambda: Hostile(kind, random), HOST, port)
        async with asyncio.timeout(GIVE_UP_SECONDS):
            await hostile.ended
        return hostile.answer
    except TimeoutError:
        hostile.transport.abort()
        return "still open"
    except OSError as error:
        return f"no connection ({error.strerror})"


@dataclass
class Usage:
    """A process's memory and open files, looked at four times a second."""

    pid: int
    rss_mb: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def look(self) -> None:
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        self.rss_mb.append(int(found[1]) / 1024 if found else 0.0)
        self.files.append(len(os.listdir(f"/proc/{self.pid}/fd")))

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.25):
                self.look()

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


@contextlib.contextmanager
def station(listeners: int, header_seconds: float) -> Iterator[tuple[int, int, Path]]:
    """A station on air: its process, port and log."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        settings = {
            "STORAGE__FOLDER": f"{folder}/data",
            "SERVER__HOST": HOST,
            "SERVER__PORT": "0",
            "SERVER__HEADER_SECONDS": str(header_seconds),
            "SERVER__ACCESS_LOG": f"{folder}/access.log",
            "STREAM__MAX_LISTENERS": str(listeners),
        }
        environment = os.environ | {f"LATENTFM_{key}": value for key, value in settings.items()}
        command = [sys.executable, "-m", "web", "serve"]
        with log.open("w") as errors:
            server = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        assert server.stdout is not None
        try:
            greeting = next((line for line in server.stdout if "Listen:" in line), "")
            port = re.search(r":(\d+)/", greeting)
            if port is None:
                raise RuntimeError(f"the station did not start:\n{log.read_text()}")
            yield server.pid, int(port[1]), log
        finally:
            server.terminate()
            server.wait(20)
            server.stdout.close()


async def heard(port: int, listeners: int, until: asyncio.Future[None]) -> Heard:
    """What listeners notice from now `until` something is done."""
    load = Load(HOST, HOST, port, "/stream.mp3", listeners, RAMP, seconds=3_600)
    test = LoadTest(load)
    listening = asyncio.create_task(test.run())
    await until
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    return test.heard()


async def measure(arguments: argparse.Namespace) -> bool:
    settle_seconds = arguments.listeners / RAMP + 5
    with station(arguments.listeners, arguments.header_seconds) as (pid, port, log):
        await asyncio.sleep(20)  # the generator fills the shelf: not what is measured here
        usage = Usage(pid)

        async def quiet() -> None:
            await asyncio.sleep(settle_seconds + QUIET_SECONDS)
            usage.look()

        before = await heard(port, arguments.listeners, asyncio.ensure_future(quiet()))
        attacked: dict[str, dict[str, object]] = {}

        async def hostile() -> None:
            await asyncio.sleep(settle_seconds)
            command = [sys.executable, __file__, "--attack", str(port)]
            with usage.watched():
                child = await asyncio.create_subprocess_exec(
                    *(*command, "--requests", str(arguments.requests)),
                    stdout=asyncio.subprocess.PIPE,
                )
                output, _ = await child.communicate()
            attacked.update(json.loads(output))
            # The last ones are closed, and what they left is collected: once a minute.
            await asyncio.sleep(2 * arguments.header_seconds + LOOK_SECONDS)
            usage.look()

        during = await heard(port, arguments.listeners, asyncio.ensure_future(hostile()))
        health = await asyncio.to_thread(is_healthy, port)
        faults = log.read_text().count("Traceback")

    print(f"{'':12}{'longest gap':>12}{'stalls':>8}{'lost':>6}{'whole':>10}{'late':>8}")
    for name, each in (("quiet", before), ("hostile", during)):
        whole = f"{each.whole} of {each.checked}"
        print(
            f"{name:12}{each.longest_gap:10.2f} s{each.stalls:8}{each.disconnected:6}"
            f"{whole:>10}{each.late:6.2f} s"
        )
    for kind, told in attacked.items():
        print(f"{kind:12}{told['seconds']:>8} s  {told['answers']}")
    print(f"memory      {usage.rss_mb[0]:.0f} MB before, {max(usage.rss_mb):.0f} at most, ", end="")
    print(f"{usage.rss_mb[-1]:.0f} after")
    print(f"open files  {usage.files[0]} before, {max(usage.files)} at most, ", end="")
    print(f"{usage.files[-1]} after")
    print(f"healthy {health}, tracebacks in the log {faults}")
    well = all(each.is_well and each.longest_gap <= MOST_GAP_SECONDS for each in (before, during))
    return well and health and not faults


def is_healthy(port: int) -> bool:
    with urllib.request.urlopen(f"http://{HOST}:{port}/healthz") as answer:
        return bool(answer.status == 200)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--listeners", type=int, default=1_000)
    parser.add_argument("--header-seconds", type=float, default=3.0)
    parser.add_argument("--attack", type=int, help=argparse.SUPPRESS)  # the other process
    arguments = parser.parse_args()
    if arguments.attack:
        os.nice(10)  # elsewhere, it would not take the server's time
        print(json.dumps(asyncio.run(attack(arguments.attack, arguments.requests))))
        return 0
    return 0 if asyncio.run(measure(arguments)) else 1


if __name__ == "__main__":
    sys.exit(main())
