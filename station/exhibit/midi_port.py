"""A MIDI output that may come and go: found by its name, opened, and found again."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import mido

from station.errors import MidiError
from station.exhibit.naming import named

logger = logging.getLogger(__name__)

ALSA_BACKEND = "mido.backends.rtmidi"
SEQUENCER = Path("/dev/snd/seq")  # ALSA's, which all MIDI of Linux goes through


def output_names() -> list[str]:
    """The MIDI outputs of this machine.

    Raises:
        MidiError: it has no MIDI.
    """
    # Asked, ALSA would grumble on stderr. Other backends of mido's need none: see MIDO_BACKEND.
    is_alsa = sys.platform == "linux" and mido.backend.name == ALSA_BACKEND
    if is_alsa and not SEQUENCER.exists():
        raise MidiError(f"this machine has no MIDI: there is no {SEQUENCER}. Try: modprobe snd-seq")
    try:
        return list(mido.get_output_names())
    except (ImportError, OSError) as error:
        raise MidiError(f"this machine has no MIDI: {error}") from error


class MidiPort:
    """`look` is called now and then, from one thread; `send` from another, often."""

    def __init__(
        self,
        wanted: str,
        *,
        names: Callable[[], Sequence[str]] = output_names,
        open_output: Callable[[str], mido.ports.BaseOutput] | None = None,
    ) -> None:
        """`wanted`: its name or a part of it."""
        self._wanted = wanted
        self._names = names
        self._open = open_output or mido.open_output
        self._port: mido.ports.BaseOutput | None = None
        self._lock = threading.Lock()  # around the port: nobody sends to one that is being closed
        self._fault = ""

    @property
    def name(self) -> str | None:
        """Of the output that is open; None while there is none."""
        port = self._port
        return None if port is None else str(port.name)

    def look(self) -> bool:
        """Find it, or find that it is gone; whether it was opened just now."""
        try:
            names = self._names()
            if self.name is not None and self.name in names:
                return False
            self._close("it was unplugged" if self.name else "")
            found = named(self._wanted, names)
            if found is None:
                there = ", ".join(names) or "no others"
                self._say(f"there is no MIDI output {self._wanted!r}; there are {there}")
                return False
            port = self._open(found)
        except (MidiError, OSError, ValueError) as error:
            self._close("")
            self._say(str(error))
            return False
        with self._lock:
            self._port = port
        self._fault = ""
        logger.info("MIDI goes to %s", port.name)
        return True

    def send(self, messages: Sequence[mido.Message]) -> None:
        """To the output, if there is one."""
        with self._lock:
            if self._port is None:
                return
            try:
                for message in messages:
                    self._port.send(message)
            except (OSError, ValueError) as error:  # ValueError: mido found it closed
                fault = str(error)
            else:
                return
        self._close(fault)

    def close(self) -> None:
        self._close("")

    def _close(self, fault: str) -> None:
        with self._lock:
            port, self._port = self._port, None
        if port is None:
            return
        if fault:
            logger.warning("MIDI output %s is lost: %s", port.name, fault)
        try:
            port.close()
        except OSError as error:
            logger.debug("closing %s: %s", port.name, error)

    def _say(self, fault: str) -> None:
        """Once, not at each look."""
        if fault != self._fault:
            logger.warning("%s. It is looked for until it is there", fault)
        self._fault = fault
