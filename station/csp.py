"""What a page's Content-Security-Policy lets it load: as much of it as a player has to know.

Source: W3C, Content Security Policy Level 3: §2.2.2 (parsing), §6.7.2 (what a source matches),
§6.8.3 (which directive falls back to which).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

FALLBACKS = {
    "script-src": ("script-src-elem", "script-src", "default-src"),
    "connect-src": ("connect-src", "default-src"),
    "media-src": ("media-src", "default-src"),
    "img-src": ("img-src", "default-src"),
    "frame-src": ("frame-src", "child-src", "default-src"),
    "frame-ancestors": ("frame-ancestors",),
}
PORTS = {"http": 80, "https": 443}
HOST_SOURCE = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?"
    r"(?P<host>\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}|\*))?"
    r"(?P<path>/[^?#]*)?",
    re.IGNORECASE,
)
SCHEME_SOURCE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy: sources by directive. What it does not name it allows."""

    directives: Mapping[str, tuple[str, ...]]

    def named(self, kind: str) -> str | None:
        """The directive that decides on such loads; None where none does."""
        return next((name for name in FALLBACKS[kind] if name in self.directives), None)

    def allows(self, kind: str, url: str, page: str, nonce: str = "") -> bool:
        """May `page` load `url` so? `nonce` is what a script tag of the page says it has."""
        name = self.named(kind)
        if name is None:
            return True
        sources = self.directives[name]
        if kind == "script-src":
            if nonce and f"'nonce-{nonce}'" in sources:
                return True
            if "'strict-dynamic'" in (source.lower() for source in sources):
                return False  # it overrules all hosts
        address, own = urlsplit(url), urlsplit(page)
        return any(_matches(source, address, own) for source in sources)


def read_policies(text: str) -> list[Policy]:
    """The policies of a header's value, or of a `<meta>`; an empty one says nothing."""
    found = (_read(each) for each in text.split(","))
    return [policy for policy in found if policy.directives]


def _read(text: str) -> Policy:
    directives: dict[str, tuple[str, ...]] = {}
    for directive in text.split(";"):
        name, *sources = directive.split() or [""]
        if name:
            directives.setdefault(name.lower(), tuple(sources))  # a second one does not count
    return Policy(directives)


def _matches(source: str, url: SplitResult, page: SplitResult) -> bool:
    if source == "*":
        return url.scheme in PORTS or url.scheme == page.scheme
    if source.lower() == "'self'":
        own = _port(page) == _port(url) or (_has_own_port(page) and _has_own_port(url))
        return own and url.hostname == page.hostname and _upgrades(page.scheme, url.scheme)
    if SCHEME_SOURCE.fullmatch(source):
        return _upgrades(source[:-1].lower(), url.scheme)
    found = HOST_SOURCE.fullmatch(source)
    return (
        found is not None
        and _upgrades((found["scheme"] or page.scheme).lower(), url.scheme)
        and _is_host(found["host"].lower(), url.hostname or "")
        and _is_port(found["port"], url)
        and _is_path(found["path"] or "", url.path)
    )


def _upgrades(allowed: str, scheme: str) -> bool:
    """What may be had over HTTP may be had over HTTPS."""
    return allowed == scheme or (allowed, scheme) == ("http", "https")


def _is_host(pattern: str, host: str) -> bool:
    if pattern.startswith("*"):
        return host.endswith(pattern[1:])  # "*.a.example" is not "a.example"
    return pattern.strip("[]") == host


def _is_port(port: str | None, url: SplitResult) -> bool:
    if port is None:
        return _has_own_port(url)
    return port == "*" or int(port) == _port(url) or (port == "80" and _port(url) == 443)


def _is_path(path: str, of_url: str) -> bool:
    if path in ("", "/"):
        return True
    path, of_url = unquote(path), unquote(of_url)
    return of_url.startswith(path) if path.endswith("/") else of_url == path


def _port(url: SplitResult) -> int | None:
    return url.port or PORTS.get(url.scheme)


def _has_own_port(url: SplitResult) -> bool:
    return _port(url) == PORTS.get(url.scheme)
