"""Run real encoders, mounts and HLS through a million MP3 frames, and check where they end.

    PYTHONPATH=. python bench/long_run.py [--frames 1000000] [--formats mp3,opus,...]

Silence goes in, half a second at a time as on air, and a piece begins every 30.02 s; no time is
waited for. A million frames are 24,000 s: some minutes of work. At the end it says, for each
format, whether all of this is exact:

- positions: packets follow each other without a gap, and end no further back than the codec holds;
- ICY: a listener since the start, and one who joined in the middle, count a block every 16,000
  bytes, and each shows the title of the very packet that it stands in;
- Ogg: every page's granule is where its packet ends, pages are counted without a gap, and in the
  tagged stream a link begins at the very frame of its piece;
- HLS: the media sequence, and the date of the newest segment.

Exit status 1 if anything is not.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from exact import EPOCH, Faults, Granules, Positions, Segments, Titles

from generators.music import Instruments
from generators.patterns import pattern_piece
from renderer.formats import FORMATS
from renderer.framing import MP3_FRAMES_OF_SOUND
from renderer.pcm import CHANNELS, SAMPLE_RATE_HZ, Start

BLOCK_FRAMES = SAMPLE_RATE_HZ // 2
PIECE_FRAMES = 1_441_009  # 30.02 s: no multiple of anything


class Pieces:
    """A new piece every so often."""

    def __init__(self) -> None:
        self._piece = pattern_piece(0, "", 120.0, Instruments(), lambda: EPOCH)
        self.starts: list[Start] = []

    def until(self, position: int) -> list[Start]:
        """Those that begin before it, since the last call."""
        new = []
        while (begin := len(self.starts) * PIECE_FRAMES) < position:
            number = len(self.starts)
            piece = replace(self._piece, title=f"Piece {number}", id=f"{number:020x}")
            self.starts.append(Start(begin, piece))
            new.append(self.starts[-1])
        return new

    def title_at(self, position: int) -> str:
        return f"Piece {position // PIECE_FRAMES}" if position >= 0 else "before"


def run(name: str, frames: int, folder: Path) -> dict[str, str]:
    """One format through so much sound; what was not exact."""
    format = FORMATS[name]
    kbps = 128 if 128 in format.bitrates_kbps else format.bitrates_kbps[0]
    faults, pieces = Faults(), Pieces()
    positions, granules = Positions(faults), Granules(faults)
    titles = Titles(faults, kbps, pieces.title_at) if format.has_icy else None
    segments = Segments(faults, folder) if name == "aac" else None
    encoder = format.encoder(kbps, 0)
    silence = np.zeros((BLOCK_FRAMES, CHANNELS), np.float32)
    began, given = time.process_time(), 0
    while given < frames:
        starts = pieces.until(given + BLOCK_FRAMES)
        packets = encoder.encode(silence, starts)
        given += BLOCK_FRAMES
        for packet in packets:
            positions.take(packet)
            if format.mime_type == "audio/ogg":
                granules.take(packet)
        if titles:
            titles.publish(packets, half_way=given >= frames // 2)
        if segments:
            segments.publish(packets, starts)
    positions.ended(given)
    words = [f"{positions.packets:,} packets, ending at {positions.end:,} of {given:,}"]
    if titles:
        titles.ended(positions.data_bytes, positions.first or 0)
        words.append(f"{sum(len(each.titles) for each in titles.listeners):,} ICY blocks")
    if granules.links:
        words.append(f"granule {granules.newest:,} in link {len(granules.links):,}")
    if len(granules.links) > 1:
        right = [start.position for start in pieces.starts if start.position < positions.end]
        heard = [max(0, link) for link in granules.links]
        faults.unless(heard == right, "links", f"{heard[:9]}, not {right[:9]}")
    if segments:
        words.append(segments.ended(positions.end))
    encoder.close()
    took = time.process_time() - began
    print(f"{name:12} {'; '.join(words)}; {took:.0f} CPU-s", flush=True)
    for kind, fault in faults.found.items():
        print(f"{'':12} NOT EXACT: {kind}: {fault}", flush=True)
    return faults.found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=1_000_000, help="of MP3, 24 ms each")
    parser.add_argument("--formats", default=",".join(FORMATS))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        names = arguments.formats.split(",")
        found = [run(name, arguments.frames * MP3_FRAMES_OF_SOUND, Path(folder)) for name in names]
    raise SystemExit(any(found))


if __name__ == "__main__":
    main()
