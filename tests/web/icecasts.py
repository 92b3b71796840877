"""A real Icecast in a process of its own, with the configuration we ship."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from xml.etree import ElementTree

SHIPPED = Path(__file__).parents[2] / "deploy" / "icecast-relay.xml"
PROGRAM = shutil.which("icecast2", path=f"{os.environ['PATH']}:/usr/sbin")
PATIENCE_SECONDS = 30.0


@dataclass
class Icecast:
    """Relays a station on this machine, and takes sources who know the password."""

    station_port: int
    password: str
    port: int = field(default_factory=lambda: free_port())
    _process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Icecast:
        # Not pytest's own folder: Icecast gives up root's rights and could not enter it.
        self._folder = tempfile.TemporaryDirectory(prefix="icecast-")
        folder = Path(self._folder.name)
        folder.chmod(0o755)
        self._config, self._log = folder / "icecast.xml", folder / "log"
        self._config.write_text(self._configured(folder))
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        self._folder.cleanup()

    def start(self) -> None:
        is_root = os.geteuid() == 0
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(PROGRAM), "-c", str(self._config)],
                stdout=log,
                stderr=log,
                user="nobody" if is_root else None,
                group="nogroup" if is_root else None,
                extra_groups=[] if is_root else None,
            )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _answers(self.port):
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.02)
        assert self._process.poll() is None, self._log.read_text()  # or another answered

    def kill(self) -> None:
        """As a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _configured(self, folder: Path) -> str:
        """The shipped file with addresses and a password, as its operator would change it."""
        text = SHIPPED.read_text()
        password = f"<source-password>{self.password}</source-password>"
        text = text.replace("<limits>", f"<authentication>{password}</authentication><limits>", 1)
        text = text.replace("radio.example.org", "127.0.0.1")
        root = ElementTree.fromstring(text)
        for port in root.iterfind("relay/port"):
            port.text = str(self.station_port)
        _set(root, "listen-socket/port", str(self.port))
        ElementTree.SubElement(_one(root, "listen-socket"), "bind-address").text = "127.0.0.1"
        _set(root, "paths/logdir", str(folder))
        for log in ("accesslog", "errorlog"):
            _set(root, f"logging/{log}", "-")  # standard error
        return ElementTree.tostring(root, encoding="unicode")


def free_port() -> int:
    """One that stays free for a while: the kernel gives these to no connection."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _one(root: ElementTree.Element, path: str) -> ElementTree.Element:
    (found,) = root.iterfind(path)
    return found


def _set(root: ElementTree.Element, path: str, text: str) -> None:
    _one(root, path).text = text
