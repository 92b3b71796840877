"""What happens by the clock on the wall."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from station.programme import Programme
from station.settings import Settings, StationSettings, StorageSettings
from station.show_settings import ShowSettings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    shows = (
        ShowSettings(name="Dawn", starts=time(7)),
        ShowSettings(name="Ghost", starts=time(2, 30)),
    )
    return Settings(
        storage=StorageSettings(folder=tmp_path / "data"),
        stations={"main": StationSettings(timezone="Europe/Berlin", shows=shows)},
    )


async def test_every_job_is_listed_with_its_time(programme: Programme) -> None:
    programme.scheduler.start()
    jobs = {job["job"]: job["next"] for job in programme.scheduler.jobs()}
    programme.scheduler.stop()
    assert set(jobs) == {
        "generator",
        "top up main",
        "main begins Dawn at 07:00",
        "main begins Ghost at 02:30",
        "archive",
        "disk",
        "listeners",
        "prune",
    }
    soonest_first = [datetime.fromisoformat(text) for text in jobs.values()]
    assert soonest_first == sorted(soonest_first)
    assert all(when.tzinfo for when in soonest_first)


def begins(programme: Programme, name: str, after: str) -> datetime:
    job = next(j for j in programme.scheduler._jobs.get_jobs() if j.id.startswith(name))
    found: datetime = job.trigger.get_next_fire_time(None, datetime.fromisoformat(after))
    return found.astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "hour_utc"),
    [("2026-03-28", 6), ("2026-03-29", 5), ("2026-10-24", 5), ("2026-10-25", 6)],
)
def test_a_show_begins_by_the_local_clock_on_days_it_changes(
    programme: Programme, day: str, hour_utc: int
) -> None:
    midnight = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    begun = begins(programme, "main begins Dawn", midnight.isoformat())
    assert begun == midnight + timedelta(hours=hour_utc)


def test_a_show_in_the_hour_that_does_not_exist_begins_within_the_hour(
    programme: Programme,
) -> None:
    begun = begins(programme, "main begins Ghost", "2026-03-29T00:00:00+00:00")
    assert begun <= datetime(2026, 3, 29, 2, 0, tzinfo=UTC)


async def test_stopping_leaves_no_job_running(programme: Programme) -> None:
    programme.scheduler.start()
    programme.scheduler.stop()
    assert programme.generator.pid is None
