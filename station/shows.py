"""Which show is on: the one that began last by the station's local clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from station.show_settings import ShowSettings


def show_at(shows: Sequence[ShowSettings], timezone: str, now: datetime) -> ShowSettings:
    """The show on air at `now` (aware); before the first of the day, yesterday's last."""
    clock = now.astimezone(ZoneInfo(timezone)).time().replace(tzinfo=None)
    in_order = sorted(shows, key=lambda show: show.starts)
    begun = [show for show in in_order if show.starts <= clock]
    return begun[-1] if begun else in_order[-1]
