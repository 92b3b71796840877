"""What the owner of another site is told."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from station.embed_check import doctor_embed
from station.embed_page import MOST_BYTES, fetch
from station.errors import PageError

ELEMENT = '<script async src="{radio}/player.js"></script><latent-fm></latent-fm>'
FRAME = '<iframe src="{radio}/embed?station=night"></iframe>'
STRICT = (
    "default-src 'none'; script-src {radio}/; connect-src {radio}/; media-src {radio}/; "
    "img-src {radio}/; frame-src {radio}/"
)


class Site(BaseHTTPRequestHandler):
    """Another site and, below /radio/, as much of a radio as is looked at."""

    body: ClassVar[str] = ""
    said: ClassVar[dict[str, str]] = {}
    ancestors: ClassVar[str] = "*"

    def do_GET(self) -> None:
        is_radio = self.path.startswith("/radio/")
        if self.path == "/again":
            self.send_response(302)
            self.send_header("Location", "/again")
        elif self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "file:///etc/hostname")
        else:
            self.send_response(404 if self.path == "/nothing" else 200)
        policy = {"Content-Security-Policy": f"frame-ancestors {self.ancestors}"}
        for name, value in (policy if is_radio else self.said).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if is_radio else self.body.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def site(body: str, ancestors: str = "*", **said: str) -> Iterator[str]:
    """The address of a page like that, to which ours is at `{radio}`."""
    server = HTTPServer(("127.0.0.1", 0), Site)
    url = f"http://127.0.0.1:{server.server_port}"
    radio = {"radio": f"{url}/radio"}
    Site.body, Site.ancestors = body.format(**radio), ancestors
    Site.said = {name.replace("_", "-"): text.format(**radio) for name, text in said.items()}
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def checked(url: str, radio: str | None = None) -> int:
    return doctor_embed(argparse.Namespace(url=url, radio=radio))


@pytest.mark.parametrize("body", [ELEMENT, FRAME, ELEMENT + FRAME])
@pytest.mark.parametrize("policy", ["", STRICT])
def test_a_site_that_allows_us_is_told_so(
    capsys: pytest.CaptureFixture[str], body: str, policy: str
) -> None:
    with site(body, Content_Security_Policy=policy) as url:
        assert checked(url) == 0
    said = capsys.readouterr().out
    assert "FAIL" not in said
    assert said.endswith("the player may play there\n")


@pytest.mark.parametrize(
    ("body", "policy", "fix"),
    [
        (ELEMENT, "script-src 'none'", "add {us} to script-src"),
        (ELEMENT, "default-src 'none'", "add to the policy: media-src {us}"),
        (ELEMENT, "script-src {radio}/ 'strict-dynamic'", "the nonce of the page"),
        (ELEMENT, "sandbox allow-forms", "add allow-scripts"),
        (ELEMENT, "script-src {radio}/player.js", "forbids {us}/radio/static/face.js"),
        (FRAME, "frame-src https://elsewhere.example", "add {us} to frame-src"),
        (FRAME, "child-src 'none'", "add {us} to child-src"),
    ],
)
def test_a_site_that_does_not_is_told_how_to(
    capsys: pytest.CaptureFixture[str], body: str, policy: str, fix: str
) -> None:
    with site(body, Content_Security_Policy=policy) as url:
        assert checked(url) == 1
        assert fix.format(us=url) in capsys.readouterr().out


def test_a_policy_in_the_page_counts_like_one_in_a_header(
    capsys: pytest.CaptureFixture[str],
) -> None:
    meta = '<meta http-equiv="content-security-policy" content="media-src \'none\'">'
    with site(meta + ELEMENT) as url:
        assert checked(url) == 1
    assert "FAIL  media-src: forbids" in capsys.readouterr().out


def test_a_station_that_may_not_be_framed_there_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with site(FRAME, ancestors="https://else.example") as url:
        assert checked(url) == 1
        assert f"add {url} to frame_ancestors" in capsys.readouterr().out


def test_a_page_without_a_player_is_asked_where_the_radio_is() -> None:
    with site("<p>Nothing</p>") as url:
        with pytest.raises(PageError, match="--radio URL"):
            checked(url)
        assert checked(url, f"{url}/radio") == 0


@pytest.mark.parametrize(
    ("path", "why"),
    [("/nothing", "404"), ("/again", "redirect"), ("/away", "not allowed")],
)
def test_a_page_that_cannot_be_fetched_says_why(path: str, why: str) -> None:
    with site("") as url, pytest.raises(PageError, match=why):
        fetch(url + path)


@pytest.mark.parametrize(
    "url",
    ["file:///etc/hostname", "radio.example", "http://", "data:,x", "http://[", "http://a:99999"],
)
def test_only_addresses_of_pages_are_fetched(url: str) -> None:
    with pytest.raises(PageError, match="http"):
        fetch(url)


def test_a_host_that_no_name_can_be_is_answered_with_words() -> None:
    with pytest.raises(PageError, match="label"):
        fetch(f"http://{'a' * 70}.example")


@pytest.mark.parametrize("address", ["https://[x/player.js", "http://a:99999/player.js"])
def test_a_script_at_an_address_that_is_none_is_no_player(address: str) -> None:
    with site(f'<script src="{address}"></script>') as url:
        assert fetch(url).radio is None


def test_a_radio_at_an_address_that_is_none_is_refused() -> None:
    with site("") as url, pytest.raises(PageError, match="Invalid IPv6 URL"):
        checked(url, "http://[")


def test_a_page_without_an_end_is_left() -> None:
    with site("x" * (MOST_BYTES + 1)) as url, pytest.raises(PageError, match="larger than 2 MB"):
        fetch(url)
