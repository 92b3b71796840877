"""What happens by the clock on the wall: shows, topping up, samples, pruning.

The scheduler advises and never drives: sound is pulled by the station's own clock.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

if TYPE_CHECKING:
    from station.programme import Programme

TOP_UP_SECONDS = 2
LISTENERS_SECONDS = 60
DISK_SECONDS = 5
ARCHIVE_MINUTES = 5
TASTE_MINUTES = 5


class Scheduler:
    """The jobs of a programme, on APScheduler."""

    def __init__(self, programme: Programme) -> None:
        # A job that is still running when it is due again is left alone, and that is no news.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._jobs = AsyncIOScheduler(timezone="UTC", job_defaults=defaults)
        self._add("generator", programme.generator.keep_alive, seconds=TOP_UP_SECONDS)
        for name, station in programme.stations.items():
            self._add(f"top up {name}", station.top_up, seconds=TOP_UP_SECONDS)
            for show in station.settings.shows:
                self._jobs.add_job(
                    station.begin_show,
                    CronTrigger(
                        hour=show.starts.hour,
                        minute=show.starts.minute,
                        timezone=station.settings.timezone,
                    ),
                    id=f"{name} begins {show.name} at {show.starts:%H:%M}",
                )
        self._add("archive", programme.stock_shelves, minutes=ARCHIVE_MINUTES)
        if programme.settings.ratings.weight:
            self._add("taste", programme.learn_taste, minutes=TASTE_MINUTES)
        self._add("disk", programme.look_at_disk, seconds=DISK_SECONDS)
        self._add("listeners", programme.count_listeners, seconds=LISTENERS_SECONDS)
        self._jobs.add_job(programme.prune, CronTrigger(hour=4, timezone="UTC"), id="prune")

    def start(self) -> None:
        self._jobs.start()
        for job in self._jobs.get_jobs():
            if job.id == "generator" or job.id.startswith("top up"):
                job.modify(next_run_time=datetime.now(job.trigger.timezone))

    def stop(self) -> None:
        # A job that is cut short here is no news.
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
        self._jobs.shutdown(wait=False)

    def jobs(self) -> list[dict[str, Any]]:
        """Each job's name and when it runs next, soonest first."""
        return [
            {"job": job.id, "next": job.next_run_time.isoformat()}
            for job in sorted(self._jobs.get_jobs(), key=lambda job: job.next_run_time)
        ]

    def _add(self, name: str, work: Any, **every: int) -> None:
        self._jobs.add_job(work, IntervalTrigger(**every, timezone="UTC"), id=name)
