"""Every run here measures on few windows, and by a clock on which a step takes a second."""

from __future__ import annotations

import pytest

from generators.training import run
from tests.generators.training.runs import Clock


@pytest.fixture(autouse=True)
def _seconds_are_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "time", Clock())
    monkeypatch.setattr(run, "MEASURED_WINDOWS", 8)
