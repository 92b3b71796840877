"""How a programme sounds, in figures: loudness, peaks, clicks and gaps of any sound file.

    ./latentfm render --minutes 60 -o hour.flac
    python bench/programme.py hour.flac [more.flac ...] [--starts hour.txt] [--plot hour.png]

Prints a table: gated loudness, the ten minutes that are furthest from the target, short-term
loudness, true peak, clicks and gaps; then loudness and peak of what listeners get, coded as on
air. `--starts` is a text file with the second at which each piece begins, one a line: with it, how
far short-term loudness moves inside pieces and how much it steps at joins. docs/sound.md says what
each figure means.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from renderer.clicks import clicks
from renderer.formats import FORMATS
from renderer.loudness import HOP_FRAMES, TARGET_LUFS, Meter, Reading, integrated_lufs, step_lu
from renderer.pcm import SAMPLE_RATE_HZ

CODED_KBPS = {"mp3": 128, "opus": 96}
BLOCK_FRAMES = 10 * SAMPLE_RATE_HZ
SEAM_FRAMES = SAMPLE_RATE_HZ // 20  # heard twice, or a click between two blocks would be missed
WINDOW_READINGS = 600 * SAMPLE_RATE_HZ // HOP_FRAMES  # ten minutes
SETTLED_READINGS = 3 * SAMPLE_RATE_HZ // HOP_FRAMES  # before that, short-term holds what was before
SILENCE = 10 ** (-60 / 20)  # peak
SLICE_FRAMES = SAMPLE_RATE_HZ // 100  # in which silence is looked for
SHORTEST_BRIDGE_SECONDS = 40.0  # what lasts less is a bridge, not a piece with an inside


@dataclass
class Heard:
    """What was measured of a programme."""

    seconds: float = 0.0
    readings: list[Reading] = field(default_factory=list)
    true_peak_dbtp: float = -np.inf
    clicks: list[float] = field(default_factory=list)  # where, in seconds
    longest_gap_seconds: float = 0.0

    @property
    def momentary_lufs(self) -> np.ndarray:
        return np.array([reading.momentary_lufs for reading in self.readings])

    @property
    def short_term_lufs(self) -> np.ndarray:
        return np.array([reading.short_term_lufs for reading in self.readings])

    @property
    def worst_ten_minutes_lu(self) -> float:
        """How far from the target any ten minutes are, at most; where there is less, the whole."""
        momentary = self.momentary_lufs
        begins = range(0, max(1, len(momentary) - WINDOW_READINGS), 50)
        windows = [integrated_lufs(momentary[at : at + WINDOW_READINGS]) for at in begins]
        return max((window - TARGET_LUFS for window in windows), key=abs)

    def moves_lu(self, starts: list[float]) -> list[float]:
        """Loudest less softest three seconds inside each piece."""
        hops = [round(start * SAMPLE_RATE_HZ / HOP_FRAMES) for start in [*starts, self.seconds]]
        pieces = [(a, b) for a, b in pairwise(hops) if (b - a) / 10 > SHORTEST_BRIDGE_SECONDS]
        return [float(np.ptp(self.short_term_lufs[a + SETTLED_READINGS : b])) for a, b in pieces]

    def steps_lu(self, starts: list[float]) -> list[float]:
        """The loudness step where each piece begins, but the first; above 0 is louder."""
        inside = [at for at in starts if 3.5 < at < self.seconds - 3.5]
        return [step_lu(self.readings, round(at * SAMPLE_RATE_HZ)) for at in inside]


def listen(blocks: Iterator[np.ndarray]) -> Heard:
    """Measure sound as it comes: float32 (frames, 2) at 48 kHz."""
    heard, meter = Heard(), Meter(true_peak=True)
    frames, seam, found, silent = 0, np.zeros((0, 2), np.float32), set(), [np.zeros(0, bool)]
    for block in blocks:
        heard.readings += meter.measure(block)
        joined = np.concatenate([seam, block])
        found |= {(frames - len(seam) + int(at)) // SLICE_FRAMES for at in clicks(joined)}
        slices = block[: len(block) // SLICE_FRAMES * SLICE_FRAMES].reshape(-1, SLICE_FRAMES, 2)
        silent.append((np.abs(slices) < SILENCE).all(axis=(1, 2)))
        frames += len(block)
        seam = block[-SEAM_FRAMES:]
    edges = np.flatnonzero(np.diff(np.concatenate(silent).astype(np.int8), prepend=0, append=0))
    heard.longest_gap_seconds = int((edges[1::2] - edges[::2]).max(initial=0)) / 100
    heard.clicks = [at / 100 for at in sorted(found)]
    heard.seconds = frames / SAMPLE_RATE_HZ
    heard.true_peak_dbtp = meter.true_peak_dbtp
    return heard


def decoded(file: str | io.BytesIO) -> Iterator[np.ndarray]:
    """Any sound file, as the station's own sound: blocks of float32 (frames, 2)."""
    to_ours = av.AudioResampler("flt", "stereo", SAMPLE_RATE_HZ, frame_size=BLOCK_FRAMES)
    with av.open(file, "r") as container:
        for frame in container.decode(audio=0):
            for block in to_ours.resample(frame):
                yield block.to_ndarray().reshape(-1, 2)
    for block in to_ours.resample(None):
        yield block.to_ndarray().reshape(-1, 2)


def coded(path: Path, format: str, bitrate_kbps: int) -> Heard:
    """What listeners get of it."""
    encoder = FORMATS[format].encoder(bitrate_kbps, 0)
    file = io.BytesIO()
    file.write(encoder.headers)
    for block in decoded(str(path)):
        file.writelines(packet.data for packet in encoder.encode(block))
    file.writelines(packet.data for packet in encoder.close())
    file.seek(0)
    return listen(decoded(file))


def report(path: Path, heard: Heard, starts: list[float]) -> None:
    short = heard.short_term_lufs[SETTLED_READINGS:]
    low, middle, high = np.percentile(short, [5, 50, 95])
    print(f"{path.name}: {heard.seconds:.0f} s")
    row("loudness", f"{integrated_lufs(heard.momentary_lufs):.2f} LUFS")
    row("worst ten minutes", f"{heard.worst_ten_minutes_lu:+.2f} LU from {TARGET_LUFS:.0f}")
    row("short-term", f"{low:.1f} / {middle:.1f} / {high:.1f} LUFS (5th, 50th, 95th percentile)")
    row("true peak", f"{heard.true_peak_dbtp:.2f} dBTP")
    row("clicks", f"{len(heard.clicks)} {heard.clicks[:5] or ''}")
    row("longest silence", f"{heard.longest_gap_seconds:.2f} s")
    if moves := heard.moves_lu(starts):
        row("moves inside pieces", f"{np.median(moves):.1f} LU median, {max(moves):.1f} at most")
    if steps := heard.steps_lu(starts):
        middle, high, most = np.percentile(np.abs(steps), [50, 95, 100])
        row("steps at joins", f"{middle:.2f} / {high:.2f} / {most:.2f} LU (50th, 95th, most)")
    for format, kbps in CODED_KBPS.items():
        got = coded(path, format, kbps)
        loudness = f"{got.worst_ten_minutes_lu:+.2f} LU at worst"
        row(f"{format} {kbps} kbit/s", f"{loudness}, {got.true_peak_dbtp:.2f} dBTP")


def row(name: str, figures: str) -> None:
    print(f"  {name:>20}: {figures}")


def plot(programmes: dict[Path, Heard], file: Path) -> None:
    """Short-term loudness over time, a panel a programme."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(
        len(programmes), 1, figsize=(11, 3 * len(programmes)), squeeze=False
    )
    for (path, heard), panel in zip(programmes.items(), panels[:, 0], strict=True):
        minutes = [reading.position / SAMPLE_RATE_HZ / 60 for reading in heard.readings]
        panel.plot(minutes, heard.short_term_lufs, linewidth=0.6)
        panel.axhline(TARGET_LUFS, color="k", linewidth=0.6)
        panel.set(title=path.name, ylim=(-24, -10), ylabel="short-term, LUFS", xlabel="minutes")
    figure.tight_layout()
    figure.savefig(file, dpi=120)
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, nargs="+")
    parser.add_argument("--starts", type=Path, help="of the first file")
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    starts = (
        [float(line) for line in arguments.starts.read_text().split()] if arguments.starts else []
    )
    programmes = {}
    for path in arguments.file:
        programmes[path] = listen(decoded(str(path)))
        report(path, programmes[path], starts)
        starts = []
    if arguments.plot:
        plot(programmes, arguments.plot)


if __name__ == "__main__":
    main()
