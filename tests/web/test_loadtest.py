"""The load test of operators, on a real station."""

from __future__ import annotations

import pytest

from station.loadtest import Load, LoadTest
from tests.web.conftest import OnAir


@pytest.mark.parametrize(
    ("path", "icy"), [("/stream.mp3", False), ("/stream.mp3", True), ("/stream.opus", False)]
)
async def test_all_listeners_of_a_mount_hear_the_same_without_a_gap(
    station: OnAir, path: str, icy: bool
) -> None:
    load = Load("127.0.0.1", "127.0.0.1", station.port, path, 60, ramp=120, seconds=1.5, icy=icy)
    test = LoadTest(load)
    await test.run()
    heard = test.heard()
    assert (heard.connected, heard.disconnected, heard.refused.total()) == (60, 0, 0)
    assert (heard.checked, heard.alike) == (4, True)
    assert heard.whole == (4 if path.endswith("mp3") else None)
