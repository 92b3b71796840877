"""What every table of station.toml is."""

from __future__ import annotations

from pydantic import BaseModel


class Section(BaseModel, frozen=True, extra="forbid"):
    """A table of station.toml. An unknown key is an error."""
