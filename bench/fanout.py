"""What a listener costs, ours beside the real Icecast; and what joins, sticks and faults do.

    python bench/fanout.py --listeners listeners.c [--counts 500,2000,10000] [--seconds 40]
        [--trials cost,joins,stuck,churn,export,generator] [--port 8120]

Needs icecast2, ffmpeg and a C compiler; `--listeners` is the load generator (bench/load.py says
what it must understand). Both servers run all the time, and the load goes to one after the
other: ours, ours with ICY titles, Icecast. All send the same 128 kbit/s MP3.

The cost is CPU time above what was taken without listeners just before: of ours in the event
loop's thread, which sends; of Icecast in the process, whose source is a process of its own. The
"whole" is that of our process and its generator, which compose and render meanwhile, now more
and now less. Ratios are to Icecast with as many listeners. Prints markdown. Absolute figures
hold for one machine at one hour; ratios travel better.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load import Listeners, Server, Watch, icecast, latent_fm, raise_file_limit, sample

RAMP_A_SECOND = 200  # joins; Icecast loses some of ten thousand when they come faster
SETTLE_SECONDS = 6
IDLE_SECONDS = 15
MOST_WAIT_MS = 750
LISTENING = 5_000  # while others join or leave
JOINS_A_SECOND = 500
JOINING_SECONDS = 6
STUCK = 1_000
CHURN_A_SECOND = 200
READING = 1_000  # beside what is stuck, exported or killed


@dataclass(frozen=True)
class Cost:
    """What so many listeners took."""

    cpu: float  # CPU seconds a thousand listener-minutes, of what sends
    whole: float  # ... and of all the rest
    kb: float  # memory a listener
    found: dict[str, Any]

    def row(self, count: int, name: str, icecast_cpu: float) -> str:
        found = self.found
        return (
            f"| {count:,} | {name} | {self.cpu:.2f} | {self.cpu / icecast_cpu:.2f} "
            f"| {self.whole:.2f} | {self.kb:.1f} | {found['t16k_ms_p50']:.0f} / "
            f"{found['t16k_ms_p99']:.0f} | {found['max_gap_ms_max']} | {found['alive_end']:,} |"
        )


class Bench:
    def __init__(
        self, ours: Server, listeners: Listeners, seconds: float, counts: list[int], file_limit: int
    ) -> None:
        self.ours = ours
        self.listeners = listeners
        self.seconds = seconds
        self.counts = counts
        self.most = file_limit - 500

    def cost(self, icecast: Server) -> None:
        print(
            "| listeners | server | CPU-s/1000lm | to Icecast | whole | KB each "
            "| first 16 KB p50 / p99 ms | longest gap ms | stayed |\n"
            "|---|---|---|---|---|---|---|---|---|",
            flush=True,
        )
        for count in self.counts:
            count = min(count, self.most)
            plain, titled = self._cost(self.ours, count), self._cost(self.ours, count, icy=True)
            theirs = self._cost(icecast, count)
            for name, cost in (("ours", plain), ("ours, ICY", titled), ("Icecast", theirs)):
                print(cost.row(count, name, theirs.cpu), flush=True)

    def _cost(self, server: Server, count: int, icy: bool = False) -> Cost:
        before = sample(server.pid)
        time.sleep(IDLE_SECONDS)
        idle = sample(server.pid)
        with Watch(server.pid) as watch:
            found = self.listeners.listen(
                server.url,
                count,
                ramp=RAMP_A_SECOND,
                settle=SETTLE_SECONDS,
                duration=self.seconds,
                icy=icy,
            )
            first, last = watch.last(self.seconds - 1)  # some of it went into saying goodbye
        time.sleep(2)
        thousands = found["alive_end"] * (last.at - first.at) / 60 / 1000
        idling = (last.at - first.at) / (idle.at - before.at)
        loop = last.loop - first.loop - idling * (idle.loop - before.loop)
        whole = last.all - first.all - idling * (idle.all - before.all)
        return Cost(
            cpu=(loop if server is self.ours else whole) / thousands,
            whole=whole / thousands,
            kb=(first.rss_kb - idle.rss_kb) / count,
            found=found,
        )

    def joins(self) -> None:
        """Many come at once while thousands listen."""
        duration = JOINING_SECONDS + 4
        with self.listeners.listening(
            self.ours.url, LISTENING, ramp=JOINS_A_SECOND, settle=3, duration=duration
        ) as crowd:
            time.sleep(LISTENING / JOINS_A_SECOND + 4)
            came = self.listeners.listen(
                self.ours.url,
                JOINS_A_SECOND * JOINING_SECONDS,
                ramp=JOINS_A_SECOND,
                settle=0.5,
                duration=0.5,
            )
        print(
            f"- {JOINS_A_SECOND} joins a second while {LISTENING:,} listen: first 16 KB p50 "
            f"{came['t16k_ms_p50']:.0f} ms, p99 {came['t16k_ms_p99']:.0f} ms, worst "
            f"{came['t16k_ms_max']:.0f} ms; {said(crowd.found)}",
            flush=True,
        )

    def stuck(self) -> None:
        """Some never read."""
        found = self._listen(READING + STUCK, stuck=STUCK)
        found["disconnects_in_window"] -= STUCK - found["stuck_still_connected"]
        print(
            f"- {STUCK:,} never read beside {READING:,}: {said(found)}; "
            f"{found['stuck_still_connected']:,} of the stuck left, kernel memory "
            f"{found['kernel_tcp_mem_kb_end'] // 1024} MB",
            flush=True,
        )

    def churn(self) -> None:
        found = self._listen(LISTENING, churn=CHURN_A_SECOND)
        print(
            f"- {CHURN_A_SECOND} join and leave a second among {LISTENING:,}: first 16 KB p99 "
            f"{found['t16k_ms_p99']:.0f} ms; {said(found)}",
            flush=True,
        )

    def export(self) -> None:
        piece_id = json.loads(self.ours.get("/api/v1/now"))["playing"]["piece"]["id"]
        sizes = []

        def export() -> None:
            for file in (f"{piece_id}.mp3", f"{piece_id}.stems.zip"):
                sizes.append(len(self.ours.get(f"/api/v1/pieces/{file}")))

        found = self._listen(READING, meanwhile=export)
        print(f"- a piece and its stems are exported ({sizes} bytes): {said(found)}", flush=True)

    def generator(self) -> None:
        killed = []

        def kill() -> None:
            children = Path(f"/proc/{self.ours.pid}/task/{self.ours.pid}/children").read_text()
            for child in map(int, children.split()):
                if "generators.worker" in Path(f"/proc/{child}/cmdline").read_text():
                    os.kill(child, signal.SIGKILL)
                    killed.append(child)

        found = self._listen(READING, meanwhile=kill)
        print(f"- the generator is killed ({len(killed)} process): {said(found)}", flush=True)

    def _listen(
        self, count: int, meanwhile: Callable[[], None] | None = None, **options: float
    ) -> dict[str, Any]:
        with self.listeners.listening(
            self.ours.url, count, ramp=JOINS_A_SECOND, settle=4, duration=self.seconds, **options
        ) as load:
            if meanwhile:
                time.sleep(count / JOINS_A_SECOND + 8)
                meanwhile()
        return load.found


def said(found: dict[str, Any]) -> str:
    gap = found["max_gap_ms_max"]
    verdict = "no gap" if gap <= MOST_WAIT_MS else "A GAP"
    return (
        f"{verdict} over {MOST_WAIT_MS} ms (longest {gap} ms), "
        f"{found['disconnects_in_window']} let go or lost"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--listeners", type=Path, required=True, help="the load's C file")
    parser.add_argument("--counts", default="500,2000,10000")
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--trials", default="cost,joins,stuck,churn,export,generator")
    parser.add_argument("--port", type=int, default=8120, help="ours; Icecast takes the next one")
    arguments = parser.parse_args()
    limit = raise_file_limit()
    with tempfile.TemporaryDirectory(prefix="fanout-") as scratch:
        folder = Path(scratch)
        listeners = Listeners.compile(arguments.listeners, folder)
        with latent_fm(folder, arguments.port) as ours:
            counts = [int(count) for count in arguments.counts.split(",")]
            bench = Bench(ours, listeners, arguments.seconds, counts, limit)
            for trial in arguments.trials.split(","):
                if trial == "cost":
                    sound = folder / "minute.mp3"
                    sound.write_bytes(recorded(ours, 60))
                    with icecast(folder, arguments.port + 1, sound) as theirs:
                        bench.cost(theirs)
                else:
                    getattr(bench, trial)()


def recorded(server: Server, seconds: float) -> bytes:
    """So much of the stream."""
    with urllib.request.urlopen(server.url) as answer:
        data: bytes = answer.read(round(seconds * 16_000))
    return data


if __name__ == "__main__":
    main()
