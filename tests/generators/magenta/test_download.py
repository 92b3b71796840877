"""A download goes on where it stopped, and never joins two versions of a file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from generators.errors import WeightsError
from generators.magenta.download import download, fetch
from generators.magenta.importing import import_model
from tests.generators.magenta.bundles import (
    SMALL,
    random_variables,
    write_length,
    write_web_checkpoint,
)

SONG = np.random.default_rng(7).bytes(3_000_000)


@dataclass
class Server:
    """Files over HTTP, on loopback, with the faults that real servers have."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cuts: int = 0  # so many answers end in the middle
    keeps_ranges: bool = True
    tags: bool = True  # sends ETags
    asked: list[tuple[str, str | None]] = field(default_factory=list)  # path, Range
    sent: list[int] = field(default_factory=list)  # status of each answer


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(state, self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        state.url = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        http.shutdown()
        thread.join()


def answer(state: Server, request: BaseHTTPRequestHandler) -> None:
    asked = request.headers.get("Range")
    state.asked.append((request.path, asked))
    data = state.files.get(request.path)
    if data is None:
        send(state, request, 404, b"", {})
        return
    tag = f'"{hash(data) & 0xFFFFFFFF:x}"'
    headers = {"ETag": tag} if state.tags else {}
    if request.headers.get("If-None-Match") == tag:
        send(state, request, 304, b"", headers)
        return
    start = 0
    if asked is not None and state.keeps_ranges and request.headers.get("If-Range") == tag:
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
    send(state, request, 206 if start else 200, data[start:], headers)


def send(
    state: Server,
    request: BaseHTTPRequestHandler,
    status: int,
    data: bytes,
    headers: dict[str, str],
) -> None:
    state.sent.append(status)
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(data)))
    request.end_headers()
    if state.cuts and data:
        state.cuts -= 1
        data = data[: len(data) // 2]
    request.wfile.write(data)
    request.close_connection = True


def test_a_file_arrives_as_it_was_sent(server: Server, tmp_path: Path) -> None:
    server.files["/song.tar"] = SONG
    fetched = download(f"{server.url}/song.tar", tmp_path / "new", quiet=True)
    assert fetched == tmp_path / "new" / "song.tar"
    assert fetched.read_bytes() == SONG
    assert not list(tmp_path.rglob("*.partial"))


def test_a_download_cut_in_the_middle_goes_on_there(server: Server, tmp_path: Path) -> None:
    server.files["/song.tar"], server.cuts = SONG, 2
    path = fetch(f"{server.url}/song.tar", tmp_path / "song.tar", quiet=True)
    assert path.read_bytes() == SONG
    assert [asked for _, asked in server.asked] == [None, "bytes=1500000-", "bytes=2250000-"]


def test_what_another_run_left_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    server.files["/song.tar"], server.cuts = SONG, 5
    with pytest.raises(WeightsError, match=r"song\.tar was cut off 5 times.*2,906,250 bytes"):
        fetch(f"{server.url}/song.tar", tmp_path / "song.tar", quiet=True)
    path = fetch(f"{server.url}/song.tar", tmp_path / "song.tar", quiet=True)
    assert path.read_bytes() == SONG
    assert server.asked[-1] == ("/song.tar", "bytes=2906250-")


def test_a_server_that_keeps_no_ranges_sends_all_again(server: Server, tmp_path: Path) -> None:
    server.files["/song.tar"], server.cuts, server.keeps_ranges = SONG, 1, False
    path = fetch(f"{server.url}/song.tar", tmp_path / "song.tar", quiet=True)
    assert path.read_bytes() == SONG
    assert server.sent == [200, 200]


def test_without_a_version_the_rest_is_not_joined(server: Server, tmp_path: Path) -> None:
    server.files["/song.tar"], server.cuts, server.tags = SONG, 1, False
    path = fetch(f"{server.url}/song.tar", tmp_path / "song.tar", quiet=True)
    assert path.read_bytes() == SONG
    assert [asked for _, asked in server.asked] == [None, None]


def test_a_file_that_changed_on_the_server_is_fetched_anew(server: Server, tmp_path: Path) -> None:
    server.files["/song.tar"], server.cuts = SONG, 5
    with pytest.raises(WeightsError, match="the same command goes on"):
        fetch(f"{server.url}/song.tar", tmp_path / "song.tar", quiet=True)
    server.files["/song.tar"] = SONG[::-1]
    path = fetch(f"{server.url}/song.tar", tmp_path / "song.tar", quiet=True)
    assert path.read_bytes() == SONG[::-1]


def test_a_file_that_is_whole_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    server.files["/song.tar"] = SONG
    for _ in range(2):
        fetch(f"{server.url}/song.tar", tmp_path / "song.tar", quiet=True)
    assert server.sent == [200, 304]


def test_a_whole_file_that_changed_on_the_server_is_fetched_anew(
    server: Server, tmp_path: Path
) -> None:
    for version in (SONG, SONG[::-1]):  # of the same size, and cut off while the old one is there
        server.files["/song.tar"], server.cuts = version, 1
        path = fetch(f"{server.url}/song.tar", tmp_path / "song.tar", quiet=True)
    assert path.read_bytes() == SONG[::-1]


def test_a_download_that_stopped_before_its_last_move_is_not_repeated(
    server: Server, tmp_path: Path
) -> None:
    server.files["/song.tar"] = SONG
    path = fetch(f"{server.url}/song.tar", tmp_path / "song.tar", quiet=True)
    path.rename(tmp_path / "song.tar.partial")
    assert fetch(f"{server.url}/song.tar", path, quiet=True).read_bytes() == SONG
    assert server.sent == [200, 304]


def test_a_disk_that_takes_nothing_is_not_blamed_on_the_network(
    server: Server, tmp_path: Path
) -> None:
    server.files["/song.tar"] = SONG
    (tmp_path / "full").write_text("a file where a folder should be")
    with pytest.raises(WeightsError, match=r"cannot write .*full/song\.tar"):
        fetch(f"{server.url}/song.tar", tmp_path / "full" / "song.tar", quiet=True)


def test_a_folder_of_magenta_js_is_fetched_to_be_imported(server: Server, tmp_path: Path) -> None:
    folder = write_web_checkpoint(
        tmp_path / "web", random_variables(SMALL), dtype="uint8", shard_bytes=40_009
    )
    write_length(folder, steps=256, bars=16)
    server.files = {f"/js/trio/{file.name}": file.read_bytes() for file in folder.iterdir()}
    server.cuts = 3
    fetched = download(f"{server.url}/js/trio/", tmp_path / "downloads", quiet=True)
    made = import_model(fetched, tmp_path / "model", name="Trio", quiet=True)
    assert made.config == SMALL


def test_a_folder_without_a_config_is_fetched_too(server: Server, tmp_path: Path) -> None:
    folder = write_web_checkpoint(tmp_path / "web", random_variables(SMALL))
    server.files = {f"/trio/{file.name}": file.read_bytes() for file in folder.iterdir()}
    fetched = download(f"{server.url}/trio/weights_manifest.json", tmp_path / "new", quiet=True)
    assert import_model(fetched, tmp_path / "model", name="x", quiet=True).config == SMALL


def test_a_file_that_is_not_there_is_named(server: Server, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"/gone\.tar: 404 Not Found"):
        download(f"{server.url}/gone.tar", tmp_path, quiet=True)


def test_a_page_in_place_of_a_manifest_is_refused(server: Server, tmp_path: Path) -> None:
    server.files["/trio/weights_manifest.json"] = b"<html>Welcome to this hotel's network</html>"
    with pytest.raises(WeightsError, match=r"weights_manifest\.json is not a manifest"):
        download(f"{server.url}/trio", tmp_path, quiet=True)


def test_a_manifest_cannot_lead_out_of_its_folder(server: Server, tmp_path: Path) -> None:
    manifest = b'[{"paths": ["../../station.toml"], "weights": []}]'
    server.files["/trio/weights_manifest.json"] = manifest
    with pytest.raises(WeightsError, match=r"station\.toml' is not a plain file name"):
        download(f"{server.url}/trio", tmp_path, quiet=True)


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"cannot download http://127\.0\.0\.1:1/a\.tar"):
        download("http://127.0.0.1:1/a.tar", tmp_path, quiet=True)
