"""What an operator turns while on air: one frozen value, swapped whole."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

# Lowest and highest value of each control.
BOUNDS = {"tempo": (0.5, 1.5), "temperature": (0.1, 1.5), "adventure": (0.0, 1.0)}


@dataclass(frozen=True, slots=True)
class Controls:
    """None leaves it to the show."""

    tempo: float = 1.0  # times the show's tempo
    temperature: float | None = None  # of sampling
    adventure: float | None = None  # how far each piece goes from the last

    def changed(self, changes: dict[str, Any]) -> Controls:
        """The same controls with `changes` made; all of them or none.

        Raises:
            ValueError: a name or a value is wrong; the message names it and its bounds.
        """
        for name, value in changes.items():
            if name not in BOUNDS:
                known = ", ".join(field.name for field in fields(self))
                raise ValueError(f"no control is called {name!r}; there are {known}")
            low, high = BOUNDS[name]
            if value is None and name != "tempo":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"{name} must be a number from {low} to {high}, not {value!r}")
            if not low <= value <= high:
                raise ValueError(f"{name} must be from {low} to {high}, not {value}")
        return replace(self, **changes)

    def as_dict(self) -> dict[str, float | None]:
        return asdict(self)
