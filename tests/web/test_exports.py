"""Files made on request: few at a time, each once, and kept."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.archive_settings import ExportSettings
from web.export_cache import ExportCache
from web.exports import ExportRefusedError, Exports, make_in_process

MIB = 2**20
KEY = "a" * 20 + ".mp3"
DATA = b"sound" * 1_000


class Maker:
    """Makes one file, when it is let."""

    def __init__(self, data: bytes = DATA) -> None:
        self.data = data
        self.made = 0
        self.cancelled = 0
        self.may = asyncio.Event()
        self.begun = asyncio.Event()

    async def __call__(self) -> bytes:
        self.begun.set()
        try:
            await self.may.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        self.made += 1
        return self.data


@pytest.fixture
def cache(tmp_path: Path) -> ExportCache:
    return ExportCache(tmp_path, MIB)


@pytest.fixture
async def exports(cache: ExportCache) -> AsyncIterator[Exports]:
    exports = Exports(ExportSettings(at_once=1, waiting=1), cache)
    yield exports
    await exports.close()


async def test_all_who_ask_at_once_get_one_making(exports: Exports) -> None:
    maker = Maker()
    asking = [asyncio.create_task(exports.get(KEY, maker)) for _ in range(20)]
    await maker.begun.wait()
    maker.may.set()
    paths = await asyncio.gather(*asking)
    assert maker.made == 1
    assert {path.read_bytes() for path in paths if isinstance(path, Path)} == {DATA}


async def test_a_file_is_made_once_for_those_who_come_later(exports: Exports) -> None:
    maker = Maker()
    maker.may.set()
    assert await exports.get(KEY, maker) == await exports.get(KEY, maker)
    assert maker.made == 1


async def test_one_more_than_may_wait_is_refused(exports: Exports) -> None:
    makers = [Maker(), Maker()]
    asking = [asyncio.create_task(exports.get(f"{n}.mp3", each)) for n, each in enumerate(makers)]
    await makers[0].begun.wait()
    await asyncio.sleep(0.05)  # the second has its place: it looks into the cache first
    with pytest.raises(ExportRefusedError, match="too many downloads"):
        await exports.get("2.mp3", Maker())
    for maker in makers:
        maker.may.set()
    await asyncio.gather(*asking)


async def test_an_address_leaves_places_to_others(cache: ExportCache) -> None:
    exports = Exports(ExportSettings(at_once=2, waiting=1), cache)
    makers = [Maker(), Maker()]
    asking = [
        asyncio.create_task(exports.get(f"{number}{KEY}", maker, "192.0.2.1"))
        for number, maker in enumerate(makers)
    ]
    for maker in makers:
        await maker.begun.wait()
    with pytest.raises(ExportRefusedError, match="2 downloads are being made for your address"):
        await exports.get(f"2{KEY}", makers[0], "192.0.2.1")
    asking.append(asyncio.create_task(exports.get(f"3{KEY}", makers[0], "192.0.2.2")))
    for maker in makers:
        maker.may.set()
    assert len(set(await asyncio.gather(*asking))) == 3
    await exports.get(f"2{KEY}", makers[0], "192.0.2.1")  # its places are free again


async def test_what_is_kept_is_had_while_all_places_are_taken(exports: Exports) -> None:
    maker, other = Maker(), Maker()
    maker.may.set()
    await exports.get(KEY, maker)
    asking = asyncio.create_task(exports.get("other.mp3", other))
    await other.begun.wait()
    async with asyncio.timeout(5):
        assert isinstance(await exports.get(KEY, Maker()), Path)
    other.may.set()
    await asking


async def test_who_leaves_takes_nobody_along(exports: Exports) -> None:
    maker = Maker()
    first, second = (asyncio.create_task(exports.get(KEY, maker)) for _ in range(2))
    await maker.begun.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    maker.may.set()
    assert await second
    assert (maker.made, maker.cancelled) == (1, 0)


async def test_when_the_last_has_left_the_making_ends(exports: Exports) -> None:
    maker, after = Maker(), Maker()
    asking = asyncio.create_task(exports.get(KEY, maker))
    await maker.begun.wait()
    asking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asking
    after.may.set()
    assert await exports.get(KEY, after)
    assert (maker.cancelled, after.made) == (1, 1)


async def test_a_disk_that_is_nearly_full_gets_no_more_files(cache: ExportCache) -> None:
    exports = Exports(ExportSettings(), cache, lambda: "the disk is nearly full")
    with pytest.raises(ExportRefusedError, match="nearly full"):
        await exports.get(KEY, Maker())
    cache.keep(KEY, DATA)
    assert await exports.get(KEY, Maker())


async def test_what_cannot_be_kept_is_had_all_the_same(tmp_path: Path) -> None:
    exports = Exports(ExportSettings(), ExportCache(tmp_path, 0))
    maker = Maker()
    maker.may.set()
    assert await exports.get(KEY, maker) == DATA


def test_a_cache_of_nothing_keeps_nothing(tmp_path: Path) -> None:
    assert ExportCache(tmp_path, 0).keep(KEY, DATA) is None
    assert not list(tmp_path.iterdir())


async def test_an_order_that_nobody_can_read_is_refused_in_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(ExportRefusedError, match="log says why"):
        await make_in_process(b"no order")
    assert "JSONDecodeError" in caplog.text


async def test_a_making_that_hangs_is_ended() -> None:
    with pytest.raises(ExportRefusedError, match=r"within 0\.01 s"):
        await make_in_process(b"", most_seconds=0.01)


def test_kept_files_outlast_a_restart(cache: ExportCache, tmp_path: Path) -> None:
    cache.keep(KEY, DATA)
    found = ExportCache(tmp_path, MIB).find(KEY)
    assert found is not None
    assert found.read_bytes() == DATA


@pytest.mark.parametrize("restart", [True, False])
@pytest.mark.parametrize("damaged", [DATA[:-1], DATA[:-1] + b"?", b""])
def test_a_damaged_file_is_not_served(
    cache: ExportCache, tmp_path: Path, damaged: bytes, restart: bool
) -> None:
    path = cache.keep(KEY, DATA)
    assert path is not None
    path.write_bytes(damaged)
    again = ExportCache(tmp_path, MIB) if restart else cache
    assert again.find(KEY) is None
    assert not path.exists()


def test_what_was_half_written_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / f"{'0' * 32}-{KEY}.partial").write_bytes(DATA)
    assert ExportCache(tmp_path, MIB).find(KEY) is None
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_full_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert ExportCache(tmp_path / "file" / "exports", MIB).keep(KEY, DATA) is None


def test_the_file_not_used_longest_makes_room(tmp_path: Path) -> None:
    before = ExportCache(tmp_path, 3 * len(DATA))
    paths = {name: before.keep(name, DATA + name.encode()) for name in ("a.mp3", "b.mp3")}
    for age, path in enumerate(paths.values()):  # a.mp3 was used last
        assert path is not None
        os.utime(path, ns=(10**18 - age, path.stat().st_mtime_ns))
    cache = ExportCache(tmp_path, 3 * len(DATA))
    cache.keep("c.mp3", DATA)
    assert cache.find("b.mp3") is None
    assert cache.find("a.mp3") is not None
    assert cache.find("c.mp3") is not None


def test_the_same_file_made_again_has_the_same_time_of_change(
    cache: ExportCache, tmp_path: Path
) -> None:
    """Of which its ETag is made: a download that was cut off goes on."""
    once, again = cache.keep(KEY, DATA), ExportCache(tmp_path / "new", MIB).keep(KEY, DATA)
    assert once is not None
    assert again is not None
    assert once.stat().st_mtime_ns == again.stat().st_mtime_ns


@settings(max_examples=20, deadline=None)  # it waits for the disk
@given(sizes=st.lists(st.integers(1, 4_000), max_size=20), most=st.integers(0, 8_000))
def test_a_restart_never_leaves_more_than_the_limit(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], most: int
) -> None:
    folder = tmp_path_factory.mktemp("exports")
    for number, size in enumerate(sizes):  # each in a run of its own: none was just used
        ExportCache(folder, most).keep(f"{number}.wav", bytes(size))
    kept = sum(path.stat().st_size for path in folder.iterdir())
    assert kept <= most
