"""Settings of the archive: what is made of its pieces, and what listeners say of them."""

from __future__ import annotations

from pydantic import Field

from station.section import Section


class ExportSettings(Section):
    at_once: int = Field(1, ge=1, le=16, description="files made at a time; sound goes first")
    waiting: int = Field(4, ge=0, le=100, description="more in line; one more gets a 503")
    cache_mib: int = Field(256, ge=0, le=1_000_000, description="files kept, in MiB; 0 for none")
    replay_minutes: float = Field(
        60.0, ge=1, le=1_440, description="most that one request of the time machine plays"
    )


class RatingSettings(Section):
    open: bool = Field(True, description="whether listeners may rate pieces")
    per_minute: int = Field(10, ge=1, le=600, description="ratings from one address")
    weight: float = Field(
        0.0, ge=0, le=1, description="how much they count in what is composed; 0 for nothing"
    )


class ProvenanceSettings(Section):
    licence: str = Field(
        "CC0-1.0", min_length=1, max_length=100, description="SPDX name of the music's licence"
    )
    mark: bool = Field(True, description="say in headers and pages that a machine made it")
