"""What all rooms' tests share: instruments that are quickly measured."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

from renderer import balancer, voices

# How long an example takes says how busy the machine is: half of the tests run beside the others.
settings.register_profile("busy", deadline=None)
settings.load_profile("busy")

# Half of the tests are started in the background, where a shell has Ctrl-C ignored, and what a
# process ignores, those it starts ignore too: a command that is to end by it never would.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

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
