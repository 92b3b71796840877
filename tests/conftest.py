"""What all rooms' tests share: instruments that are quickly measured."""

from __future__ import annotations

import os

import pytest

from renderer import balancer, voices

# Measuring every key takes a second an instrument; a key beyond these is taken for the nearest.
FEW_KEYS = {"melody": range(43, 97, 6), "bass": range(24, 61, 6), "drums": range(35, 53)}


@pytest.fixture
def few_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instruments are measured on a few keys: where it is no matter how well balanced they are."""
    monkeypatch.setattr(voices, "PITCHES", FEW_KEYS)


@pytest.fixture
def nothing_on_air(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measuring gives way to nobody: on a busy machine it would take minutes."""
    monkeypatch.setattr(balancer, "NICENESS", os.getpriority(os.PRIO_PROCESS, 0))
