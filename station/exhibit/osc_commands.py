"""What OSC can ask for: the dials, a skip, the room, sensors.

Surfaces differ in what they send: an int for a float, a text for a number, 1 when a button goes
down and 0 when it comes up. What is meant is done; what cannot be meant is refused with words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from station.controls import BOUNDS
from station.exhibit.osc_space import PREFIX
from station.exhibit.turning import Turning

SOURCE = "osc"
DIGITS = 6  # that a float of OSC has
OFF = ("", "0", "off", "false", "no")
THE_SHOWS = ("", "show", "none", "null")  # texts that give a control back

# What each switch of the room sets, and to what when it is on.
SWITCHES: Mapping[str, tuple[str, bool]] = {
    "/room/mute": ("muted", True),
    "/room/unmute": ("muted", False),
    "/room/pause": ("paused", True),
    "/room/resume": ("paused", False),
    "/room/display": ("display", True),
}
BUTTONS = ("/room/unmute", "/room/resume")  # that do nothing when they come up
SENSOR = "/sensor/"

# All that is understood, by address below the prefix, with what it takes. docs/osc.md says more.
HEARD: Mapping[str, str] = {
    **{f"/controls/{dial}": "a number, or nil" for dial in BOUNDS},
    "/controls/key": "a key, or nil",
    "/skip": "nothing, or 1",
    **{address: "nothing, 1 or 0" for address in SWITCHES if address not in BUTTONS},
    **dict.fromkeys(BUTTONS, "nothing, or 1"),
    "/room/volume": "a number",
    f"{SENSOR}NAME": "a number",
    "/ping": "anything",
}


class OscCommands:
    """Does what is asked for."""

    def __init__(
        self, turning: Turning, hear_sensors: Callable[[Mapping[str, float]], None]
    ) -> None:
        """`hear_sensors` takes readings by the names of sensors."""
        self._turning = turning
        self._hear_sensors = hear_sensors

    def do(self, address: str, args: Sequence[Any]) -> None:
        """
        Raises:
            ValueError: nobody can; the message says why.
        """
        short = address.removeprefix(PREFIX)
        if short == address or not (short in HEARD or short.startswith(SENSOR)):
            raise ValueError(
                f"nothing is at this address; see what is below {PREFIX} in docs/osc.md"
            )
        if short == "/skip":
            if is_on(args):
                self._turning.skip(SOURCE)
        elif short in SWITCHES:
            name, value = SWITCHES[short]
            if is_on(args):
                self._turning.room({name: value}, SOURCE)
            elif short not in BUTTONS:
                self._turning.room({name: not value}, SOURCE)
        elif short == "/room/volume":
            self._turning.room({"volume": number(args)}, SOURCE)
        elif short.startswith(SENSOR):
            self._hear_sensors({short.removeprefix(SENSOR): number(args)})
        else:
            name = short.removeprefix("/controls/")
            self._turning.controls({name: _setting(name, args)}, SOURCE)


def is_on(args: Sequence[Any]) -> bool:
    """Whether a button is pressed, or a switch on: with no argument it is."""
    if not args:
        return True
    match _single(args):
        case str() as text:
            return text.strip().casefold() not in OFF
        case value:
            return bool(value)


def number(args: Sequence[Any]) -> float:
    """
    Raises:
        ValueError: it is none.
    """
    value = _single(args)
    try:
        found = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"a number is wanted, not {value!r}") from None
    if not math.isfinite(found):
        raise ValueError(f"a finite number is wanted, not {found}")
    return round(found, DIGITS)


def _setting(name: str, args: Sequence[Any]) -> float | str | None:
    """What to turn a control to; None gives it back to the show."""
    value = _single(args)
    if value is None or (isinstance(value, str) and value.strip().casefold() in THE_SHOWS):
        return 1.0 if name == "tempo" else None
    if name == "key":
        return str(value)
    return number(args)


def _single(args: Sequence[Any]) -> Any:
    if len(args) != 1:
        raise ValueError(f"one value is wanted, not {len(args)}")
    return args[0]
