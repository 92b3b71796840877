"""What an operator turns while on air: one frozen value, swapped whole."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from generators.keys import parse_key

# Lowest and highest value of each control that is a number.
BOUNDS = {
    "energy": (-1.0, 1.0),
    "brightness": (-1.0, 1.0),
    "density": (-1.0, 1.0),
    "adventure": (0.0, 1.0),
    "tempo": (0.5, 1.5),
}
GONE = {"temperature": "adventure, which raises and lowers the temperature"}  # and what to turn now


@dataclass(frozen=True, slots=True)
class Controls:
    """None leaves it to the show."""

    energy: float | None = None  # -1 rests, 1 drives
    brightness: float | None = None  # -1 is low and minor, 1 high and major
    density: float | None = None  # -1 has few notes, 1 many
    adventure: float | None = None  # how far each piece goes from the last, and how wild it is
    tempo: float = 1.0  # times the show's tempo
    key: str | None = None  # "A minor": where the next pieces go

    def changed(self, changes: dict[str, Any]) -> Controls:
        """The same controls with `changes` made; all of them or none.

        Raises:
            ValueError: a name or a value is wrong; the message names it and its bounds.
        """
        checked = {name: _checked(name, value) for name, value in changes.items()}
        return replace(self, **checked)

    def as_dict(self) -> dict[str, float | str | None]:
        return asdict(self)


def _checked(name: str, value: Any) -> Any:
    if name in GONE:
        raise ValueError(f"{name} is no control any more: turn {GONE[name]}")
    if name not in (known := [field.name for field in fields(Controls)]):
        raise ValueError(f"no control is called {name!r}; there are {', '.join(known)}")
    if value is None and name != "tempo":
        return None
    if name == "key":
        return _key(value)
    low, high = BOUNDS[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} must be a number from {low} to {high}, not {value!r}")
    if not low <= value <= high:
        raise ValueError(f"{name} must be from {low} to {high}, not {value}")
    return value


def _key(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"key must be a key like 'A minor', or null, not {value!r}")
    try:
        return str(parse_key(value))
    except ValueError as error:
        raise ValueError(f"key: {error}") from error
