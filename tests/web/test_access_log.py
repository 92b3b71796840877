"""What stands in the access log."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from station.errors import SettingsError
from tests.web.conftest import OnAir, until
from tests.web.listening import listen
from web.access_log import AccessLog, LogFile, escaped, line, masked

ENDED = datetime(2026, 11, 21, 14, 32, tzinfo=UTC)
COMBINED = re.compile(
    r'(\S+) - - \[([^\]]+)\] "(\S+) (\S+) HTTP/1\.[01]" (\d+) (\d+) "([^"]*)" "([^"]*)" (\d+)'
)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogFile]:
    log = LogFile(tmp_path / "access.log")
    yield log
    log.finish()


def test_a_line_is_as_icecast_writes_it() -> None:
    request = make_mocked_request(
        "GET", "/stream.mp3?session=secret", {"User-Agent": "VLC/3", "Referer": "http://x/"}
    )
    assert line("203.0.113.0", request, 200, 480_512, 29.7, ENDED) == (
        '203.0.113.0 - - [21/Nov/2026:14:32:00 +0000] "GET /stream.mp3 HTTP/1.1" 200 480512 '
        '"http://x/" "VLC/3" 30'
    )


def test_what_a_client_did_not_send_is_a_dash() -> None:
    text = line("-", make_mocked_request("GET", "/"), 200, 0, 0, ENDED)
    assert text.endswith('"-" "-" 0')


@given(st.text())
def test_no_client_can_end_its_field_or_line(agent: str) -> None:
    text = escaped(agent)
    assert re.fullmatch(r"[ !#-~]*", text)
    assert codecs.escape_decode(text)[0] == agent.encode(errors="surrogatepass")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("-", "-"),
    ],
)
def test_a_masked_address_is_a_network(address: str, shown: str) -> None:
    assert masked(address) == shown


def test_after_a_rotation_it_writes_a_new_file(log: LogFile, tmp_path: Path) -> None:
    path, rotated = tmp_path / "access.log", tmp_path / "access.log.1"
    log.add("before")
    log.finish()
    log = LogFile(path)
    path.rename(rotated)
    log.add("after")
    log.finish()
    assert (rotated.read_text(), path.read_text()) == ("before\n", "after\n")


def test_a_full_disk_is_said_once_and_waits_for_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = LogFile(Path("/dev/full"))
    for number in range(100):
        log.add(f"line {number}")
    log.finish()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "the access log is not written" in caplog.text


def test_a_file_that_cannot_be_opened_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"Set \[server\] access_log"):
        AccessLog().open(tmp_path / "nowhere" / "log", full_addresses=False)


async def test_one_who_leaves_has_a_line_with_what_was_sent(narrow: OnAir) -> None:
    async with listen(
        narrow.port, "/stream.mp3?session=0123456789abcdef", "X-Forwarded-For: 203.0.113.77"
    ) as listening:
        await listening.read(40_000)
    path = narrow.log.with_name("access.log")

    async def found() -> tuple[str, ...] | None:
        lines = [COMBINED.fullmatch(text) for text in path.read_text().splitlines()]
        assert all(lines), path.read_text()
        mine = [
            each for each in lines if each and each[1] == "203.0.113.0" and int(each[6]) > 39_000
        ]
        return mine[-1].groups() if mine else None

    _, _, method, target, status, *_ = await until(found)
    assert (method, target, status) == ("GET", "/stream.mp3", "200")
