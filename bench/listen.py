"""Listen to a running station for some minutes as a player would, and measure what was heard.

    python bench/listen.py --minutes 10 [--url http://localhost:8000] [--folder recording]

Records the MP3 mount with ICY titles and the Opus mount, in real time, then decodes both with
ffmpeg and prints: decode errors, silences over 1 s at -60 dB, the longest wait between two reads,
recorded against wall seconds, loudness and true peak, and whether the titles in the recording are
the airings in the log, in order. Exit status 1 if anything is not as it should be.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

READ_BYTES = 4096
MOST_SILENT_SECONDS = 1.0


@dataclass
class Recording:
    path: Path
    started: float = 0.0  # monotonic, at the first byte
    wall_seconds: float = 0.0
    longest_wait_seconds: float = 0.0
    titles: list[str] = field(default_factory=list)
    fault: str = ""


def record(url: str, seconds: float, recording: Recording) -> None:
    request = urllib.request.Request(url, headers={"Icy-MetaData": "1"})
    try:
        with (
            urllib.request.urlopen(request, timeout=10) as answer,
            recording.path.open("wb") as file,
        ):
            metaint = int(answer.headers.get("icy-metaint", 0))
            recording.started = last = time.monotonic()
            left = metaint
            while time.monotonic() - recording.started < seconds:
                data = answer.read1(min(READ_BYTES, left) if metaint else READ_BYTES)
                if not data:
                    raise ConnectionError("the stream ended")
                now = time.monotonic()
                recording.longest_wait_seconds = max(recording.longest_wait_seconds, now - last)
                last = now
                file.write(data)
                left -= len(data)
                if metaint and left == 0:
                    title = read_title(answer)
                    if title and recording.titles[-1:] != [title]:
                        recording.titles.append(title)
                    left = metaint
    except OSError as error:
        recording.fault = str(error)
    recording.wall_seconds = time.monotonic() - recording.started


def read_title(answer: object) -> str:
    length = answer.read(1)[0] * 16  # type: ignore[attr-defined]
    block = answer.read(length).rstrip(b"\0").decode()  # type: ignore[attr-defined]
    found = re.match(r"StreamTitle='(.*?)';", block)
    return found[1] if found else ""


def ffmpeg(path: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    command = ["ffmpeg", "-hide_banner", "-nostats", "-i", str(path), *options]
    return subprocess.run(command, capture_output=True, check=False)


def measure(recording: Recording, burst_seconds: float) -> bool:
    """Print what was heard; whether all is well."""
    path = recording.path
    errors = ffmpeg(path, "-v", "error", "-f", "null", "-").stderr.decode().strip()
    filters = f"silencedetect=noise=-60dB:d={MOST_SILENT_SECONDS},ebur128=peak=true"
    heard = ffmpeg(path, "-af", filters, "-f", "null", "-").stderr.decode()
    silences = heard.count("silence_start")
    mono = ffmpeg(path, "-f", "s16le", "-ac", "1", "-ar", "8000", "-").stdout
    recorded = len(mono) / 2 / 8000
    summary = heard[heard.rfind("Summary:") :]
    loudness = re.search(r"I:\s+(-?[\d.]+) LUFS", summary)
    peak = re.search(r"Peak:\s+(-?[\d.]+) dBFS", summary)
    drift = recorded - burst_seconds - recording.wall_seconds
    print(f"{path.name}: {recorded:.1f} s of sound in {recording.wall_seconds:.1f} s of wall clock")
    print(f"  beyond the burst of {burst_seconds:.0f} s: {drift:+.2f} s")
    print(f"  longest wait between two reads: {recording.longest_wait_seconds:.2f} s")
    print(f"  decode errors: {errors or 'none'}")
    print(f"  silences over {MOST_SILENT_SECONDS:.0f} s: {silences}")
    print(f"  loudness: {loudness and loudness[1]} LUFS, true peak: {peak and peak[1]} dBFS")
    if recording.fault:
        print(f"  FAULT: {recording.fault}")
    return not (errors or silences or recording.fault or abs(drift) > 1)


def airings(url: str) -> list[dict[str, object]]:
    with urllib.request.urlopen(f"{url}/api/v1/history?limit=200", timeout=30) as answer:
        return list(reversed(json.load(answer)["airings"]))


def same_titles(heard: list[str], aired: list[dict[str, object]]) -> bool:
    """Are the titles heard a run of the airings, in order?"""
    titles = [airing["piece"]["title"].replace("'", "’") for airing in aired]  # type: ignore[index]
    return any(titles[at : at + len(heard)] == heard for at in range(len(titles)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--url", default="http://localhost:8000")
    parser.add_argument("--folder", type=Path, default=Path("recording"))
    parser.add_argument("--burst-seconds", type=float, default=5)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    recordings = [Recording(arguments.folder / name) for name in ("stream.mp3", "stream.opus")]
    threads = [
        threading.Thread(
            target=record, args=(f"{arguments.url}/{r.path.name}", arguments.minutes * 60, r)
        )
        for r in recordings
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    well = [measure(recording, arguments.burst_seconds) for recording in recordings]
    aired = airings(arguments.url)
    titles = recordings[0].titles
    in_order = same_titles(titles, aired)
    print(f"titles: {len(titles)} heard, {'as logged, in order' if in_order else 'NOT AS LOGGED'}")
    run = [a for a in aired if str(a["piece"]["title"]).replace("'", "’") in titles]  # type: ignore[index]
    composed = sum(a["piece"]["origin"] in ("sampled", "bridge") for a in run)  # type: ignore[index]
    print(f"composed by the model: {composed} of {len(run)} airings")
    return 0 if all(well) and in_order else 1


if __name__ == "__main__":
    raise SystemExit(main())
