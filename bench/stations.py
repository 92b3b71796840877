"""Many stations on one machine: what each costs, and whether any of them ever has a gap.

    python bench/stations.py [--stations 20] [--minutes 5] [--port 8180]

Starts a real server with so many stations, each with one MP3 mount, in a folder of its own, and
listens to every one of them from its first sound on. Each reader is a plain socket that asks for
no burst to speak of; between two reads nothing but the station's clock can make it wait.

Prints, all from /proc and the sockets: the longest wait of any reader, the sound each got against
the wall clock, CPU seconds a second of sound by who spent them, memory, the shelves, and what
aired. Exit status 1 if a reader waited longer than MOST_WAIT_SECONDS or got too little.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from load import running

HOME = Path(__file__).parents[1]
HOST = "127.0.0.1"
BITRATE_KBPS = 128
BURST_SECONDS = 1
MOST_WAIT_SECONDS = 0.75
NEAR_SECONDS = 1.5
MOST_LATE_SECONDS = 1.0  # sound that a reader did not get by the end: a block or two
START_SECONDS = 180
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass
class Reader:
    """One listener of one station."""

    station: str
    socket: socket.socket
    joined: float  # monotonic
    last: float  # the newest read
    received_bytes: int = 0  # of sound
    waits: list[tuple[float, float]] = field(default_factory=list)  # when it ended, and its length
    ended: bool = False

    def read(self, began: float) -> None:
        data = self.socket.recv(1 << 16)
        now = time.monotonic()
        self.waits.append((now - began, now - self.last))
        self.last = now
        self.received_bytes += len(data)
        self.ended = not data

    @property
    def sound_seconds(self) -> float:
        return self.received_bytes * 8 / (BITRATE_KBPS * 1000)

    @property
    def wall_seconds(self) -> float:
        return self.last - self.joined


def settings_toml(stations: int, port: int, folder: Path) -> str:
    head = f"""
        [server]
        host = "{HOST}"
        port = {port}
        [storage]
        folder = "{folder}"
        [stream]
        mounts = ["mp3"]
        mp3_bitrate_kbps = {BITRATE_KBPS}
        burst_seconds = {BURST_SECONDS}
        [hls]
        enabled = false
    """
    return head + "".join(f'[stations.s{n:02}]\ntitle = "Number {n}"\n' for n in range(stations))


@contextmanager
def server(stations: int, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server on air, with its log beside its data; both go when the block ends."""
    with tempfile.TemporaryDirectory(prefix="stations-") as scratch:
        config, log = Path(scratch) / "station.toml", Path(scratch) / "log"
        config.write_text(settings_toml(stations, port, Path(scratch) / "data"))
        command = [sys.executable, "-m", "web", "--config", str(config), "serve"]
        try:
            with running(command, log, cwd=HOME) as process:
                yield process
        finally:
            print("log:", *(faults(log.read_text()) or ["nothing but news"]), sep="\n  ")


def faults(log: str) -> list[str]:
    """Warnings and worse, each once, and how often."""
    said = re.findall(r"^\S+ \S+ ((?:WARNING|ERROR|CRITICAL) .*)$", log, re.MULTILINE)
    return [f"{times} x {line}" for line, times in Counter(said).items()]


def join(station: str, port: int) -> Reader:
    """Ask a station for its stream, and read up to where the sound begins."""
    asked = socket.create_connection((HOST, port), timeout=10)
    asked.sendall(f"GET /stations/{station}/stream.mp3 HTTP/1.0\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        data = asked.recv(1)
        if not data:
            raise ConnectionError(f"{station} sent no stream: {head!r}")
        head += data
    if b" 200 " not in head:
        raise ConnectionError(f"{station} sent no stream: {head!r}")
    asked.setblocking(False)
    now = time.monotonic()
    return Reader(station, asked, joined=now, last=now)


def on_air(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until every station is."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            get(port, "/healthz")
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not come on air")


def listen(
    readers: list[Reader], seconds: float, began: float, stolen: list[tuple[float, float]]
) -> None:
    """Read for so long. `stolen` gets a moment and what had been stolen by then, often."""
    with selectors.DefaultSelector() as selector:
        for reader in readers:
            selector.register(reader.socket, selectors.EVENT_READ, reader)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            stolen.append((time.monotonic() - began, stolen_seconds()))
            for key, _ in selector.select(left):
                key.data.read(began)
                if key.data.ended:
                    selector.unregister(key.fileobj)


def get(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=60) as answer:
        body: bytes = answer.read()
        return body


@dataclass(frozen=True)
class Spent:
    """CPU seconds so far, by who spent them."""

    loop: float  # the server's first thread
    synths: float  # rendering, mastering, judging and encoding: what the stations say they took
    others: float  # the server's other threads: measuring, planning, the journal
    generator: float

    def __sub__(self, before: Spent) -> Spent:
        now, then = vars(self), vars(before)
        return Spent(**{who: now[who] - then[who] for who in now})


def spent(pid: int, port: int) -> Spent:
    synths = sum(metric(port, "latentfm_work_seconds_total").values())
    threads = {int(path.name): cpu_seconds(path) for path in Path(f"/proc/{pid}/task").iterdir()}
    return Spent(
        loop=threads[pid],
        synths=synths,
        others=cpu_seconds(Path(f"/proc/{pid}")) - threads[pid] - synths,
        generator=sum(cpu_seconds(Path(f"/proc/{child}")) for child in children(pid)),
    )


def cpu_seconds(folder: Path) -> float:
    """Of a process or of a thread, those that ended included in its process."""
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND  # utime, stime: proc(5)


def waited_seconds(pid: int) -> float:
    """That the threads of a process were ready to run and no core was free: proc(5), schedstat."""
    paths = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(path.read_text().split()[1]) for path in paths) / 1e9


def stolen_seconds() -> float:
    """That this virtual machine had work and its host no core for it: proc(5), stat, steal."""
    return int(Path("/proc/stat").read_text().split()[8]) / TICKS_A_SECOND


def children(pid: int) -> list[int]:
    return [
        int(child)
        for path in Path(f"/proc/{pid}/task").glob("*/children")
        for child in path.read_text().split()
    ]


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) / 1000


def metric(port: int, name: str) -> dict[tuple[str, ...], float]:
    """What Prometheus would read: a value for each set of labels."""
    found = {}
    for line in get(port, "/metrics").decode().splitlines():
        if read := re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line):
            labels = re.findall(r'"(.*?)"', read[1] or "")
            found[tuple(labels)] = float(read[2])
    return found


def candidates(port: int, station: str) -> list[int]:
    """From how many each sampled piece was chosen, in the order they aired."""
    path = f"/api/v1/history?limit=100&station={station}"
    aired = json.loads(get(port, path))["airings"][::-1]
    pieces: list[dict[str, Any]] = [each["piece"] for each in aired]
    sampled = [piece["links"]["self"] for piece in pieces if piece["origin"] == "sampled"]
    verdicts = (json.loads(get(port, link))["verdict"] for link in sampled)
    return [verdict["candidates"] for verdict in verdicts if verdict]


def stolen_around(at: float, stolen: list[tuple[float, float]]) -> float:
    """Cores that were taken away in the seconds about a moment."""
    near = [sample for sample in stolen if abs(sample[0] - at) <= NEAR_SECONDS]
    (first, before), *_, (last, after) = near
    return (after - before) / (last - first)


def report(
    readers: list[Reader], took: Spent, sound_seconds: float, stolen: list[tuple[float, float]]
) -> bool:
    """Print what the readers heard and what it cost; whether there was no gap."""
    waits = sorted(
        ((wait, at, reader.station) for reader in readers for at, wait in reader.waits),
        reverse=True,
    )
    short = max(r.wall_seconds - r.sound_seconds for r in readers)
    print(f"readers: {len(readers)}, ended early: {sum(reader.ended for reader in readers)}")
    print("longest waits, and the cores that the host took away about then:")
    for wait, at, station in waits[:5]:
        print(f"  {wait:.2f} s ({station} at {at:.0f} s), {stolen_around(at, stolen):.2f} cores")
    cores = (stolen[-1][1] - stolen[0][1]) / (stolen[-1][0] - stolen[0][0])
    print(f"all the time: {cores:.2f} cores")
    print(f"sound behind the wall clock, at most: {short:.2f} s")
    for who, seconds in vars(took).items():
        print(f"{who:>10}: {60 * seconds / sound_seconds:6.3f} CPU s a minute of sound")
    total = sum(vars(took).values()) / sound_seconds
    print(f"{'all':>10}: {60 * total:6.3f} CPU s a minute, {1 / total:.1f} times real time a core")
    return (
        waits[0][0] <= MOST_WAIT_SECONDS
        and short <= MOST_LATE_SECONDS
        and not any(reader.ended for reader in readers)
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stations", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--port", type=int, default=8180)
    arguments = parser.parse_args()
    port = arguments.port
    with server(arguments.stations, port) as process:
        started = time.monotonic()
        on_air(port, process)
        began = time.monotonic()
        print(f"{arguments.stations} stations on air after {began - started:.1f} s")
        readers = [join(f"s{number:02}", port) for number in range(arguments.stations)]
        waited = waited_seconds(process.pid)
        stolen: list[tuple[float, float]] = []
        takes = [(time.monotonic(), spent(process.pid, port))]
        for _ in range(rounds := max(1, round(arguments.minutes))):
            listen(readers, arguments.minutes * 60 / rounds, began, stolen)
            takes.append((time.monotonic(), spent(process.pid, port)))
            queued, waited = waited_seconds(process.pid) - waited, waited_seconds(process.pid)
            (then, before), (now, after) = takes[-2:]
            shelves = sorted(metric(port, "latentfm_shelf_seconds").values())
            cores = {who: s / (now - then) for who, s in vars(after - before).items()}
            print(
                f"{now - began:5.0f} s: shelves {shelves[0]:.0f} to {shelves[-1]:.0f} s; cores: "
                + ", ".join(f"{who} {share:.2f}" for who, share in cores.items())
                + f"; all {sum(cores.values()):.2f}; waiting for one {queued / (now - then):.2f}"
            )
        sound_seconds = (takes[-1][0] - takes[0][0]) * len(readers)
        well = report(readers, takes[-1][1] - takes[0][1], sound_seconds, stolen)
        memory = [resident_mb(pid) for pid in (process.pid, *children(process.pid))]
        print("resident: " + ", ".join(f"{mb:.0f} MB" for mb in memory) + " (server, generator)")
        aired: Counter[str] = Counter()
        for (origin, _), count in metric(port, "latentfm_pieces_aired_total").items():
            aired[origin] += round(count)
        print("aired:", ", ".join(f"{count} {origin}" for origin, count in aired.most_common()))
        chosen = sorted(n for reader in readers for n in candidates(port, reader.station))
        if chosen:
            middle = chosen[len(chosen) // 2]
            print(f"candidates a piece: {chosen[0]} to {chosen[-1]}, median {middle}")
    return 0 if well else 1


if __name__ == "__main__":
    raise SystemExit(main())
