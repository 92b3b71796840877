"""A real nginx in a process of its own, with the configurations we ship."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.web.icecasts import free_port

DEPLOY = Path(__file__).parents[2] / "deploy"
PROGRAM = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
PATIENCE_SECONDS = 30.0
# What a distribution's own nginx.conf has around them; everything in one folder, nobody's rights.
AROUND = """
daemon off;
{user}
pid {folder}/pid;
error_log stderr crit;
worker_processes 1;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    {proxy}
    {hls}
}}
"""


@dataclass(frozen=True)
class Nginx:
    """Both servers of `deploy/`."""

    proxy_port: int
    hls_port: int


@contextmanager
def nginx(folder: Path, station_port: int, served: Path) -> Iterator[Nginx]:
    """`served` holds what station.toml names as the folder of HLS, as `/srv` does in the files."""
    at = Nginx(free_port(), free_port())
    proxy = _changed(
        "nginx.conf",
        {
            "listen 80;": f"listen 127.0.0.1:{at.proxy_port};",
            "127.0.0.1:8000": f"127.0.0.1:{station_port}",
        },
    )
    hls = _changed(
        "nginx-hls.conf",
        {"listen 8080;": f"listen 127.0.0.1:{at.hls_port};", "root /srv;": f"root {served};"},
    )
    user = "user root;" if os.geteuid() == 0 else ""  # the tests' folders are nobody else's
    config, log = folder / "nginx.conf", folder / "log"
    config.write_text(AROUND.format(folder=folder, user=user, proxy=proxy, hls=hls))
    with log.open("wb") as errors:
        process = subprocess.Popen([str(PROGRAM), "-c", str(config)], stderr=errors)
    try:
        _wait_for(at.hls_port, process, log)
        yield at
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _changed(name: str, changes: dict[str, str]) -> str:
    """A shipped file, as its operator would change it."""
    text = (DEPLOY / name).read_text()
    for shipped, own in changes.items():
        assert shipped in text, f"{name} has no {shipped}"
        text = text.replace(shipped, own)
    return text


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/").close()
        except urllib.error.HTTPError as error:
            error.close()
            return
        except urllib.error.URLError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
