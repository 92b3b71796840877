"""Somebody else's page, fetched and read: where our player stands in it, and what it forbids."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from email.message import Message
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from station.csp import Policy, read_policies
from station.errors import PageError

MOST_BYTES = 2_000_000
MOST_SECONDS = 15.0
MOST_REDIRECTS = 5
CHUNK_BYTES = 65_536
POLICY = "Content-Security-Policy"
LOADER, FRAME = "player.js", "embed"
AGENT = "latentfm-doctor"


@dataclass(slots=True)
class Found:
    """What stands in the HTML."""

    policies: list[Policy] = field(default_factory=list)  # of <meta>
    scripts: list[tuple[str, str]] = field(default_factory=list)  # (source, nonce)
    frames: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ForeignPage:
    url: str  # after redirects
    headers: Message
    found: Found

    def header(self, name: str) -> str:
        return ", ".join(self.headers.get_all(name, []))

    @property
    def policies(self) -> list[Policy]:
        return read_policies(self.header(POLICY)) + self.found.policies

    @property
    def radio(self) -> str | None:
        """Where our player in it comes from, `https://radio.example/`; None where there is none."""
        addresses = [source for source, _ in self.found.scripts] + self.found.frames
        return urljoin(addresses[0], ".") if addresses else None

    @property
    def nonce(self) -> str:
        return self.found.scripts[0][1] if self.found.scripts else ""


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.found = Found()
        self._url = url

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "meta" and said.get("http-equiv", "").lower() == POLICY.lower():
            self.found.policies += read_policies(said.get("content", ""))
        if tag not in ("script", "iframe") or "src" not in said:
            return
        try:
            address = http_address(urljoin(self._url, said["src"].strip()))
        except (PageError, ValueError):  # a browser loads none of it either
            return
        last = urlsplit(address).path.rpartition("/")[2]
        if tag == "script" and last == LOADER:
            self.found.scripts.append((address, said.get("nonce", "")))
        elif tag == "iframe" and last == FRAME:
            self.found.frames.append(address)


class _FewRedirects(urllib.request.HTTPRedirectHandler):
    max_redirections = MOST_REDIRECTS


def fetch(url: str) -> ForeignPage:
    """
    Raises:
        PageError: it is no address of a page, or nothing is there, or too much, or too slowly.
    """
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,  # files, FTP: a redirect to one is refused
        _FewRedirects,
    ):
        opener.add_handler(handler())
    request = urllib.request.Request(http_address(url), headers={"User-Agent": AGENT})
    began = time.monotonic()
    try:
        with opener.open(request, timeout=MOST_SECONDS) as answer:
            body = b""
            while chunk := answer.read1(CHUNK_BYTES):
                body += chunk
                if len(body) > MOST_BYTES:
                    raise PageError(url, f"it is larger than {MOST_BYTES / 1e6:.0f} MB")
                if time.monotonic() - began > MOST_SECONDS:
                    raise PageError(url, f"it did not come within {MOST_SECONDS:.0f} s")
            reader = _Reader(answer.url)
            reader.feed(body.decode(errors="replace"))
            return ForeignPage(answer.url, answer.headers, reader.found)
    except urllib.error.HTTPError as error:
        error.close()
        raise PageError(url, f"it answers {error.code} {error.reason}") from error
    # ValueError: it leads to an address that is none, or whose host no name can be.
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PageError(url, str(error) or type(error).__name__) from error


def http_address(url: str) -> str:
    """The same.

    Raises:
        PageError: a page cannot be there.
    """
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as error:  # brackets that do not close, a port that there is not
        raise PageError(url, str(error)) from error
    if not is_one:
        raise PageError(url, "an address begins with http:// or https://")
    return url
