"""The sound font that is on every machine: other fonts sound otherwise, and load more slowly."""

from __future__ import annotations

from pathlib import Path

import pretty_midi

FONT = Path(pretty_midi.__file__).with_name("TimGM6mb.sf2")
