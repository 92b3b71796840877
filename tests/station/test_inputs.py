"""`latentfm inputs`: a night's turns, in order, with who did them."""

from __future__ import annotations

import argparse
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from station.errors import StationError
from station.inputs_command import add_to
from station.settings import Settings
from storage.database import Database
from storage.records import StationEvent
from storage.writing import store
from tests.station.fakes import MIDNIGHT

NIGHT: list[tuple[float, str, dict[str, Any]]] = [
    (20.0, "controls", {"energy": 0.5, "key": None, "source": "sensor:door"}),
    (19.0, "room", {"muted": True, "volume": 0.5, "source": "osc"}),
    (21.0, "sound", {"begin": 0}),  # the station's own
    (21.5, "skip", {}),  # from before there were sources
    (30.0, "show", {"name": "Night Drive"}),
]


@pytest.fixture
def night(settings: Settings, tmp_path: Path) -> Settings:
    """A station with a log."""
    url = f"sqlite:///{tmp_path}/log.db"
    database = Database.open(url)
    with database.writing() as connection:
        for hour, kind, detail in NIGHT:
            at = MIDNIGHT + timedelta(hours=hour)
            store(connection, StationEvent("main", at, kind, detail))
    database.close()
    storage = settings.storage.model_copy(update={"url": url})
    return settings.model_copy(update={"storage": storage})


def run(settings: Settings, *said: str) -> int:
    parser = argparse.ArgumentParser()
    add_to(parser.add_subparsers().add_parser)
    arguments = parser.parse_args(["inputs", *said])
    arguments.settings = settings
    status: int = arguments.command(arguments)
    return status


def test_a_night_is_told_in_order_with_who_did_what(
    night: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(night, "--to", "2026-01-02T00:00:00Z") == 0
    assert capsys.readouterr().out.splitlines() == [
        "2026-01-01 19:00:00Z  room      osc               muted yes, volume 0.5",
        "2026-01-01 20:00:00Z  controls  sensor:door       energy 0.5, key -",
        "2026-01-01 21:30:00Z  skip      http",
    ]


def test_as_json_it_is_whole(night: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    run(night, "--from", "2026-01-01T19:30:00Z", "--json")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["kind"] for line in lines] == ["controls", "skip", "show"]
    assert lines[0] | {"at": ""} == {"at": "", "station": "main", "kind": "controls", **NIGHT[0][2]}


def test_a_time_that_is_none_is_named(night: Settings) -> None:
    with pytest.raises(StationError, match="'tonight' is no time"):
        run(night, "--from", "tonight")


def test_a_station_that_is_none_is_answered_with_those_that_are(night: Settings) -> None:
    with pytest.raises(StationError, match="no station is called 'nacht': main"):
        run(night, "--station", "nacht")


def test_a_quiet_night_says_so(night: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    run(night, "--from", "2027-01-01")
    assert "nobody has turned anything on main" in capsys.readouterr().err
