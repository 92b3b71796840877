"""What is given up as the disk fills, and that the rest goes on."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from station.programme import Programme
from station.space import MIB, Space
from station.timeline import utc_now
from storage import queries

GIB = 1024 * MIB


class Disk:
    """As big and as full as the test says."""

    def __init__(self, total: int = 100 * GIB, free: int = 50 * GIB) -> None:
        self.total, self.free = total, free

    def __call__(self, _: Path) -> tuple[int, int, int]:
        return self.total, self.total - self.free, self.free


def looked(disk: Disk) -> Space:
    space = Space(Path(), disk)
    space.look()
    return space


def test_an_empty_disk_has_room_for_everything() -> None:
    space = looked(Disk())
    assert (space.allows_exports(), space.allows_samples(), space.note) == (None, None, None)


def test_downloads_are_given_up_first() -> None:
    space = looked(Disk(free=511 * MIB))
    assert "511 MiB are free" in (space.allows_exports() or "")
    assert space.allows_samples() is None
    assert "no downloads" in (space.note or "")


def test_samples_are_given_up_next() -> None:
    space = looked(Disk(free=127 * MIB))
    assert space.allows_exports()
    assert space.allows_samples()


def test_a_small_disk_is_short_of_less() -> None:
    assert looked(Disk(total=GIB, free=110 * MIB)).allows_exports() is None
    assert looked(Disk(total=GIB, free=100 * MIB)).allows_exports()


def test_it_is_logged_once_when_it_begins_and_once_when_it_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    disk = Disk()
    space = Space(Path(), disk)
    for free_mib in (600, 500, 520, 490, 515, 700, 600):
        disk.free = free_mib * MIB
        space.look()
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def test_a_disk_that_is_gone_is_said_by_who_writes_there(tmp_path: Path) -> None:
    space = Space(tmp_path / "nowhere")
    space.look()
    assert (space.free_bytes, space.allows_exports()) == (None, None)


async def test_on_a_full_disk_no_listening_is_written_and_none_is_lost(
    programme: Programme,
) -> None:
    disk = Disk(free=0)
    programme.space = Space(Path(), disk)
    with programme.first.audience.arrive("mp3", "192.0.2.1", "player"):
        await programme.look_at_disk()
        await programme.count_listeners()
        assert written(programme) == 0
        assert "The disk is full" in (programme.note or "")
        disk.free = 50 * GIB
        await programme.look_at_disk()
        await programme.count_listeners()
    assert written(programme) == 1


def written(programme: Programme) -> int:
    """Hours of listening."""
    programme.database.prepare()
    assert programme.journal.flush(30)
    now = utc_now()
    hours = queries.listening_hours(
        programme.database, "main", now - timedelta(days=1), now + timedelta(days=1)
    )
    return sum(hour.sessions for hour in hours)
