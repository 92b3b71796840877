"""The process that makes a PNG of an SVG: an order on stdin, the file on stdout.

A process of its own, for the library keeps the interpreter's lock while it draws: a third of a
second of a card would be heard. It imports little, so that it starts at once.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from renderer.answering import answering

COMMAND = (sys.executable, "-m", "renderer.rasterising")
NICENESS = 5  # as of all files that are made for somebody: see renderer.making
FAMILY = "Latent Serif"
# Titles are of any script: what this one has no letters for, the machine's own fonts may have.
FONT = Path(__file__).parent / "lettering" / "latent-serif.otf"


def encode_order(svg: str, width: int, height: int) -> bytes:
    """What the process reads."""
    return json.dumps({"svg_string": svg, "width": width, "height": height}).encode()


def rasterised(svg: str, width: int, height: int) -> bytes:
    """A PNG file of so many pixels. Slow, and nothing else of this process runs meanwhile."""
    import resvg_py

    made = resvg_py.svg_to_bytes(
        svg_string=svg,
        width=width,
        height=height,
        font_files=[str(FONT)],
        font_family=FAMILY,
        serif_family=FAMILY,
    )
    return bytes(made)


def main() -> int:
    os.nice(NICENESS)
    with answering() as answer:
        order = json.load(sys.stdin)
        answer.write(rasterised(order["svg_string"], order["width"], order["height"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
