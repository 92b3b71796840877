"""A backend of mido's with one output, which keeps what it is sent: for bench/wires.py."""

from __future__ import annotations

import time
from typing import Any

import mido

NAME = "Ear"

heard: list[tuple[float, mido.Message]] = []  # seconds of the monotonic clock, and what came


class Output(mido.ports.BaseOutput):  # type: ignore[misc]  # mido has no types
    def _send(self, message: mido.Message) -> None:
        heard.append((time.monotonic(), message))


def get_devices(**_: Any) -> list[dict[str, Any]]:
    return [{"name": NAME, "is_input": False, "is_output": True}]
