"""What HLS keeps on a disk; and that a disk, whatever it does, holds up nobody."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from station.hls import Hls
from station.hls_files import HlsFiles
from tests.station.hls import NOON, blocks, make_files, make_hls
from tests.station.m3u8 import Playlist, read

PATIENCE_SECONDS = 10.0
SEGMENTS = 5
FRAMES = SEGMENTS * 187 + 1  # of AAC, in so many segments


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the files go that nginx serves."""
    return tmp_path / "served" / "main"


@pytest.fixture
def hls(tmp_path: Path, folder: Path) -> Iterator[Hls]:
    hls = make_hls(tmp_path, files=make_files(tmp_path, folder))
    yield hls
    hls.close()


def publish(hls: Hls, first: int = 0, frames: int = FRAMES) -> None:
    for block in blocks(frames, first):
        hls.publish(block)


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.005)


def on_disk(folder: Path) -> Playlist:
    return read((folder / "live.m3u8").read_text())


def broadcast(tmp_path: Path, run: str = "cafe0000") -> Playlist:
    """From start to end."""
    hls = make_hls(tmp_path, run=run)
    publish(hls)
    hls.close()
    return read(hls.playlist.decode())


def test_the_first_broadcast_counts_from_the_time_of_day(tmp_path: Path) -> None:
    assert broadcast(tmp_path).entries[0].number == int(NOON)


def test_numbers_go_on_over_a_restart(tmp_path: Path) -> None:
    before = broadcast(tmp_path).entries[-1]
    after = broadcast(tmp_path, run="beef0000").entries[0]
    assert after.number == before.number + 1
    assert after.discontinuity == before.discontinuity + 1


def test_no_number_is_given_twice_after_a_kill(tmp_path: Path) -> None:
    killed = make_hls(tmp_path)  # and never closed
    publish(killed)
    state = tmp_path / "hls" / "main.json"
    last = read(killed.playlist.decode()).entries[-1].number
    until(lambda: state.exists() and str(last + 2) in state.read_text())
    assert last < broadcast(tmp_path, run="beef0000").entries[0].number <= last + 2
    killed.close()


@pytest.mark.parametrize(
    "broken", [b"", b"{", b"[]", b'{"segment": "x"}', b'{"segment": 1}', b"\xff"]
)
def test_broken_numbers_are_passed_over(
    tmp_path: Path, broken: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "hls").mkdir()
    (tmp_path / "hls" / "main.json").write_bytes(broken)
    assert broadcast(tmp_path).entries[0].number == int(NOON)
    assert "cannot be read" in caplog.text


def test_names_differ_from_broadcast_to_broadcast(tmp_path: Path) -> None:
    """A CDN keeps what it has under a name for a year."""
    names = {entry.name for entry in broadcast(tmp_path).entries}
    (tmp_path / "hls" / "main.json").unlink()  # a restored backup, say
    assert names.isdisjoint(entry.name for entry in broadcast(tmp_path, run="beef0000").entries)


def test_the_folder_has_all_that_its_playlist_names(hls: Hls, folder: Path) -> None:
    publish(hls)
    hls.close()
    entries = on_disk(folder).entries
    assert len(entries) == SEGMENTS + 1  # the last one is short
    for name in {name for entry in entries for name in (entry.name, entry.init)}:
        assert (folder / name).read_bytes() == hls.file(name)


def test_a_playlist_is_never_ahead_of_its_segments(hls: Hls, folder: Path) -> None:
    publish(hls, frames=200)
    until((folder / "live.m3u8").exists)
    for number in range(30):
        publish(hls, first=200 + 187 * number, frames=187)
        assert all((folder / entry.name).exists() for entry in on_disk(folder).entries)


def test_nothing_half_written_is_left(hls: Hls, folder: Path) -> None:
    publish(hls)
    hls.close()
    assert not list(folder.glob("*.partial"))


def test_old_files_go(tmp_path: Path, folder: Path) -> None:
    broadcast_before = make_hls(tmp_path, files=make_files(tmp_path, folder))
    publish(broadcast_before)
    broadcast_before.close()
    a_day_later = time.time() + 86_400
    files = HlsFiles(tmp_path / "hls" / "main.json", folder, now=lambda: a_day_later)
    hls = make_hls(tmp_path, run="beef0000", files=files)
    publish(hls)
    hls.close()
    assert {path.name[:4] for path in folder.glob("*.m4s")} == {"beef"}


def test_files_of_the_broadcast_before_stay_for_who_still_plays_it(
    tmp_path: Path, folder: Path
) -> None:
    for run in ("cafe0000", "beef0000"):
        hls = make_hls(tmp_path, run=run, files=make_files(tmp_path, folder))
        publish(hls)
        hls.close()
    assert {path.name[:4] for path in folder.glob("*.m4s")} == {"cafe", "beef"}


def test_other_files_in_the_folder_are_left_alone(hls: Hls, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("mine")
    os.utime(folder / "index.html", (0, 0))
    publish(hls)
    hls.close()
    assert (folder / "index.html").read_text() == "mine"


def test_a_folder_that_fails_is_told_once(
    hls: Hls, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    folder.parent.mkdir()
    folder.write_text("a file stands in its place")
    for number in range(3):
        publish(hls, first=number * FRAMES)
        until(lambda: hls._files._latest is None)
    until(lambda: caplog.records)
    folder.unlink()
    publish(hls, first=3 * FRAMES)
    until((folder / "live.m3u8").exists)
    hls.close()
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
    assert len(on_disk(folder).entries) > SEGMENTS  # all that was missing was written after all


def test_a_disk_that_hangs_holds_up_nobody(hls: Hls, folder: Path) -> None:
    folder.mkdir(parents=True)
    stuck = folder / "live.m3u8.partial"
    os.mkfifo(stuck)  # opening it waits until somebody reads
    publish(hls)
    until(lambda: list(folder.glob("*.m4s")))
    publish(hls, first=FRAMES)
    assert len(read(hls.playlist.decode()).entries) == 2 * SEGMENTS
    with stuck.open("rb"):  # let it go on
        hls.close()
