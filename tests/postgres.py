"""A real PostgreSQL, started by whoever needs one and gone with it.

It listens on a socket in its own folder and nowhere else. PostgreSQL refuses to run as root: then
it runs as the user `postgres`, whom its Debian package made.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

USER = "postgres"
STARTING_SECONDS = 30.0
STOPPING_SECONDS = 10.0
# The machine does not lose power in a test; a killed server finds all it wrote in any case.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}


def programs() -> Path | None:
    """The folder of PostgreSQL's own programs, which on Debian is not in PATH."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        said = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
        if Path(said.stdout.strip(), "initdb").exists():
            return Path(said.stdout.strip())
    return max(
        (path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")), default=None
    )


class Postgres:
    """One server, with a folder of its own."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self._programs = programs
        self._other: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._other = {"user": USER, "group": USER, "extra_groups": []}
            shutil.chown(folder, USER, USER)
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count()
        self._run("initdb", "--no-sync", "--auth=trust", f"--username={USER}", "--encoding=UTF8")
        access = folder / "data/pg_hba.conf"
        access.write_text("local all guarded scram-sha-256\n" + access.read_text())

    def url(self, name: str, user: str = USER) -> str:
        return f"postgresql://{user}@/{name}?host={self.folder}"

    def start(self) -> None:
        command = [str(self._programs / "postgres"), "-D", str(self.folder / "data")]
        command += ["-k", str(self.folder)]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._other,
            )
        deadline = time.monotonic() + STARTING_SECONDS
        while True:
            try:
                psycopg.connect(self.url(USER)).close()
                return
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    log_text = (self.folder / "log").read_text()
                    raise RuntimeError(f"PostgreSQL did not start: {log_text}") from error
                time.sleep(0.05)

    def stop(self) -> None:
        """As an operator stops it: who is connected is let go."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """All of it at once, as when its machine fails."""
        assert self._process
        self.signal(signal.SIGKILL)
        self._process.wait(STOPPING_SECONDS)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """It is there and says nothing."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def signal(self, number: int) -> None:
        """Tell the server and all its children, which have groups of their own."""
        assert self._process
        for pid in (self._process.pid, *_children(self._process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def fresh(self, encoding: str = "UTF8") -> str:
        """The URL of a new, empty database."""
        name = f"t{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING {encoding} LOCALE 'C'")
        return self.url(name)

    def drop(self, url: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {self.name_of(url)} WITH (FORCE)")

    @staticmethod
    def name_of(url: str) -> str:
        return url.partition("@/")[2].partition("?")[0]

    def execute(self, statement: str, name: str = USER) -> list[Any]:
        """By an administrator, outside of every transaction."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), "-D", str(self.folder / "data"), *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            **self._other,
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr}")

    def _end(self, number: int) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(STOPPING_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """
    Raises:
        RuntimeError: there is none on this machine.
    """
    found = programs()
    if found is None:
        raise RuntimeError("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    # Not pytest's folder: another user could not enter it, and a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="latentfm-pg-") as folder:
        server = Postgres(Path(folder), found)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _children(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in children.read_text().split()] if children.exists() else []
