"""Does a server's /at/TIME give what its /stream.flac gave? In real time, over HTTP.

    PYTHONPATH=.:bench python bench/time_machine_live.py [--minutes 10] [--port 8240]

Starts a server of its own, records its FLAC stream as any player would, turns the controls and
skips meanwhile, and then asks the server for the same stretch as a file. Prints the offset that
correlation finds between the two, and the distances of bench/time_machine.py.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from time_machine import Distance

from renderer.pcm import CHANNELS, FULL_SCALE_16_BIT, SAMPLE_RATE_HZ
from station.token import new_token


def live(minutes: float, port: int, folder: Path) -> None:
    """A server in real time, recorded over HTTP; then the same server is asked for it again."""
    token, key, url = new_token(folder), secrets.token_hex(16), f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "LATENTFM_STORAGE__FOLDER": str(folder),
        "LATENTFM_SERVER__HOST": "127.0.0.1",
        "LATENTFM_SERVER__PORT": str(port),
        "LATENTFM_STREAM__MOUNTS": '["mp3", "flac"]',
    }
    with subprocess.Popen([sys.executable, "-m", "web", "serve"], env=environment) as server:
        try:
            wait_until(lambda: ask(f"{url}/healthz"))
            newest = f"{url}/api/v1/history?limit=1"
            wait_until(lambda: ask(newest)["airings"][0]["piece"]["origin"] == "sampled")
            command = [
                "ffmpeg",
                "-nostdin",
                "-v",
                "error",
                "-i",
                f"{url}/stream.flac?session={key}",
            ]
            command += ["-t", str(60 * minutes), "-f", "s16le", str(folder / "heard"), "-y"]
            with subprocess.Popen(command) as recorder:
                for share, method, path, body in (
                    (0.35, "PATCH", "controls", {"tempo": 1.1}),
                    (0.3, "POST", "skip", {}),
                ):
                    time.sleep(60 * minutes * share)
                    ask(f"{url}/api/v1/{path}", method, token, body)
                recorder.wait()
            first = ask(f"{url}/api/v1/sessions/{key}")["position"]
            aired = ask(f"{url}/api/v1/history?limit=200")["airings"]
            for each in aired[::-1]:
                print(f"  {each['position'] / SAMPLE_RATE_HZ:8.2f} s {each['piece']['origin']}")
            # The moment at which that recording begins, by the clock of the newest airing.
            began = datetime.fromisoformat(aired[0]["utc"])
            begins = began - timedelta(seconds=(aired[0]["position"] - first) / SAMPLE_RATE_HZ)
            asked = f"{url}/at/{begins:%Y-%m-%dT%H:%M:%S.%fZ}?minutes={minutes}&format=wav"
            again = folder / "again.wav"
            urllib.request.urlretrieve(asked, again)
        finally:
            server.send_signal(signal.SIGTERM)
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-i",
        str(again),
        "-f",
        "s16le",
        str(folder / "again"),
        "-y",
    ]
    subprocess.run(command, check=True)
    heard, replayed = (
        np.fromfile(folder / name, "<i2").reshape(-1, CHANNELS) for name in ("heard", "again")
    )
    frames = min(len(heard), len(replayed))
    print(f"offset found: {offset(heard, replayed)} frames")
    distance = Distance()
    for at in range(0, frames, SAMPLE_RATE_HZ):
        block = slice(at, min(at + SAMPLE_RATE_HZ, frames))
        distance.add(unit(heard[block]), unit(replayed[block]))
    print(f"  {distance}")


def unit(samples: np.ndarray) -> np.ndarray:
    """Int16 to float32, -1..1."""
    return samples.astype(np.float32) / FULL_SCALE_16_BIT


def offset(one: np.ndarray, other: np.ndarray) -> int:
    """By how many frames the other comes later, found by correlation of ten seconds."""
    size = 2**20
    spectra = [np.fft.rfft(sound[: size // 2, 0].astype(float), size) for sound in (one, other)]
    peak = int(np.argmax(np.fft.irfft(np.conj(spectra[0]) * spectra[1])))
    return peak if peak < size // 2 else peak - size


def ask(url: str, method: str = "GET", token: str = "", body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method)) as got:
        return json.load(got)


def wait_until(happened: Callable[[], Any], seconds: float = 600.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):  # it does not listen yet
            if happened():
                return
        time.sleep(1)
    raise TimeoutError("it did not come true")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10, help="to record")
    parser.add_argument("--port", type=int, default=8240, help="of the server")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        live(wanted.minutes, wanted.port, Path(folder))


if __name__ == "__main__":
    main()
