"""Two servers that can be listened to, a load of listeners, and what a server spends meanwhile.

The load is a program of its own and no part of the project, so that a claim about the stream is
checked from outside: one C file that takes --url, -n, --ramp, --settle, --duration, --icy,
--stuck, --churn, --check and --check-n, and prints one JSON object. Everything stays on the
loopback address.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOME = Path(__file__).parents[1]
HOST = "127.0.0.1"
START_SECONDS = 120
STOP_SECONDS = 30
SAMPLE_SECONDS = 0.2


@dataclass(frozen=True)
class Server:
    name: str
    url: str  # of its MP3 stream, 128 kbit/s
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url.rpartition("/")[0] + path, timeout=60) as answer:
            body: bytes = answer.read()
            return body


@contextlib.contextmanager
def latent_fm(folder: Path, port: int, **settings: str) -> Iterator[Server]:
    """Ours as it is served, with one MP3 mount; the first minutes of composing are over."""
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("LATENTFM_")},
        "OMP_NUM_THREADS": "1",
        "LATENTFM_STORAGE__FOLDER": str(folder / "data"),
        "LATENTFM_SERVER__HOST": HOST,
        "LATENTFM_SERVER__PORT": str(port),
        "LATENTFM_STREAM__MOUNTS": '["mp3"]',
        "LATENTFM_STREAM__MAX_LISTENERS": "100000",
        "LATENTFM_STREAM__MAX_LISTENERS_PER_ADDRESS": "0",
        "LATENTFM_HLS__ENABLED": "false",
        **settings,
    }
    command = [sys.executable, "-m", "web", "serve"]
    with running(command, folder / "latentfm.log", cwd=HOME, env=environment) as process:
        server = Server("ours", f"http://{HOST}:{port}/stream.mp3", process)
        _wait_for(server, "/healthz")
        _wait_for_calm(server)
        yield server


@contextlib.contextmanager
def icecast(folder: Path, port: int, sound: Path) -> Iterator[Server]:
    """The real Icecast, to which ffmpeg sends an MP3 file in a loop, in real time."""
    folder.chmod(0o777)  # Icecast gives up root's rights
    config, url = folder / "icecast.xml", f"http://{HOST}:{port}/stream.mp3"
    template = (HOME / "bench" / "icecast.xml").read_text()
    config.write_text(template.replace("@FOLDER@", str(folder)).replace("@PORT@", str(port)))
    is_root = os.geteuid() == 0
    nobody: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []}
    source = [
        *("ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", str(sound), "-c", "copy"),
        *("-content_type", "audio/mpeg", "-f", "mp3"),
        f"icecast://source:loopback@{HOST}:{port}/stream.mp3",
    ]
    with running(
        ["icecast2", "-c", str(config)], folder / "icecast.log", **(nobody if is_root else {})
    ) as process:
        server = Server("Icecast", url, process)
        _wait_for(server, "/status-json.xsl")
        with running(source, folder / "source.log"):
            _wait_for(server, "/status-json.xsl", b"listenurl")
            time.sleep(5)  # a full burst
            yield server


@contextlib.contextmanager
def running(command: list[str], log: Path, **how: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block."""
    path = os.environ["PATH"] + ":/usr/sbin"
    how["env"] = {**how.get("env", os.environ), "PATH": path}
    with log.open("ab") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, **how)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(server: Server, path: str, words: bytes = b"") -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.process.poll() is None:
        with contextlib.suppress(OSError):
            if words in server.get(path):
                return
        time.sleep(0.2)
    raise SystemExit(f"{server.name} did not come on air")


def _wait_for_calm(server: Server) -> None:
    """Until the shelf is full: composing it takes more of a core than ten thousand listeners."""
    end, ahead = time.monotonic() + START_SECONDS, -1.0
    while time.monotonic() < end:
        metrics = server.get("/metrics").decode().splitlines()
        now = sum(float(line.split()[-1]) for line in metrics if "latentfm_shelf_seconds{" in line)
        if now < ahead:  # it is only played from
            return
        ahead = now
        time.sleep(4)


@dataclass(frozen=True)
class Sample:
    at: float  # monotonic seconds
    loop: float  # CPU seconds of the first thread: our event loop
    all: float  # of the process, and of its children
    rss_kb: int  # of the process alone


@dataclass
class Watch:
    """Samples a process from outside, until the block ends."""

    pid: int
    samples: list[Sample] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Watch:
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def last(self, seconds: float) -> tuple[Sample, Sample]:
        """The samples that enclose the last `seconds`."""
        newest = self.samples[-1]
        before = [sample for sample in self.samples if sample.at >= newest.at - seconds]
        return before[0], newest

    def _watch(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            self.samples.append(sample(self.pid))


def sample(pid: int) -> Sample:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    # To the nanosecond: ticks of 10 ms would miss short bursts.
    loop = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    return Sample(
        time.monotonic(),
        loop,
        _cpu_seconds(pid) + sum(map(_cpu_seconds, map(int, children))),
        pages * resource.getpagesize() // 1024,
    )


def _cpu_seconds(pid: int) -> float:
    with contextlib.suppress(OSError):  # it has just ended
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
    return 0.0


@dataclass(frozen=True)
class Listeners:
    """The load generator, compiled."""

    program: Path

    @classmethod
    def compile(cls, source: Path, folder: Path) -> Listeners:
        program = folder / "listeners"
        subprocess.run(["cc", "-O2", "-o", str(program), str(source)], check=True)
        return cls(program)

    @contextlib.contextmanager
    def listening(self, url: str, count: int, **options: float | str | bool) -> Iterator[Load]:
        """So many listeners while the block runs; it ends when their time is over."""
        command = [str(self.program), "--url", url, "-n", str(count)]
        for name, value in options.items():
            option = "--" + name.replace("_", "-")
            command += [option] if value is True else [option, str(value)] if value else []
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        load = Load(process)
        try:
            yield load
            load.found.update(json.loads(process.communicate()[0]))
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.communicate()

    def listen(self, url: str, count: int, **options: float | str | bool) -> dict[str, Any]:
        with self.listening(url, count, **options) as load:
            pass
        return load.found


@dataclass
class Load:
    process: subprocess.Popen[bytes]
    found: dict[str, Any] = field(default_factory=dict)  # once it is over


def raise_file_limit() -> int:
    """As many open files as the system lets us and our children have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
