"""`kill -9` at random instants. bench/crash.py does the same a thousand times, and to a station."""

from __future__ import annotations

import json
from pathlib import Path

from tests.storage.logged import run

INSTANTS = 30


def test_a_kill_at_any_instant_loses_nothing(tmp_path: Path, url: str) -> None:
    toll = json.loads(run("appender", str(tmp_path / "journal"), url, str(INSTANTS), "7"))
    kept = toll.pop("kept")
    assert toll == {"instants": INSTANTS, "lost": 0, "out_of_order": 0, "doubled": 0}
    assert kept > INSTANTS
