"""`latentfm doctor embed`: what of a site's headers keeps our player off its page, and the fix."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urljoin, urlsplit

from station.csp import Policy
from station.embed_page import FRAME, LOADER, POLICY, ForeignPage, fetch, http_address
from station.errors import PageError

# What each way to show us loads, below the radio's address.
LOADS: dict[str, dict[str, tuple[str, ...]]] = {
    "element": {
        "script-src": (LOADER, "static/face.js"),
        "connect-src": ("api/v1/now", "static/face.css"),
        "media-src": ("stream.mp3",),
        "img-src": ("api/v1/pieces/0/cover.svg",),
    },
    "frame": {"frame-src": (FRAME,)},
}
NO_AUTOPLAY = re.compile(r"\bautoplay\s*=\s*\(\s*\)")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    subject: str
    words: str  # where it forbids, the fix
    forbids: bool = False


def add_to(add: Any) -> None:
    """Add the command to the subparsers of `doctor`."""
    command = add("embed", help="what of another site's headers forbids our player")
    command.add_argument("url", help="a page of that site")
    command.add_argument("--radio", metavar="URL", help="ours, where the page does not show it yet")
    command.set_defaults(command=doctor_embed)


def doctor_embed(arguments: argparse.Namespace) -> int:
    """Every finding, one line each; exit status 1 if one forbids."""
    page = fetch(arguments.url)
    radio = http_address(arguments.radio) if arguments.radio else page.radio
    if radio is None:
        raise PageError(
            page.url, "our player is not in it; say where the radio is with --radio URL"
        )
    if not radio.endswith("/"):
        radio += "/"
    findings = [*check(page, radio), *check_radio(page, radio)]
    for finding in findings:
        print(f"{'FAIL' if finding.forbids else 'ok':<5} {finding.subject}: {finding.words}")
    forbidden = sum(finding.forbids for finding in findings)
    print("the player may play there" if not forbidden else f"{forbidden} to put right", flush=True)
    return 1 if forbidden else 0


def check(page: ForeignPage, radio: str) -> Iterator[Finding]:
    """What the page's own headers say to the player of `radio` (an address that ends in "/")."""
    yield from _scheme(page, radio)
    ways = {"element": page.found.scripts, "frame": page.found.frames}
    shown = [way for way, stands in ways.items() if stands] or list(ways)
    for way in shown:
        for kind, paths in LOADS[way].items():
            yield _loads(page, radio, way, kind, paths)
    yield from _sandboxes(page.policies)
    if NO_AUTOPLAY.search(page.header("Permissions-Policy")):
        yield Finding(
            "Permissions-Policy", "it forbids autoplay: the player waits for a press, as it may"
        )
    if page.header("Cross-Origin-Embedder-Policy"):
        yield Finding("Cross-Origin-Embedder-Policy", "what we send says that any page may use it")


def check_radio(page: ForeignPage, radio: str) -> Iterator[Finding]:
    """Is the radio there, and does it let the page frame it?"""
    try:
        frame = fetch(urljoin(radio, FRAME))
    except PageError as error:
        yield Finding("radio", f"{error}. Is {radio} its public address?", forbids=True)
        return
    allows = all(p.allows("frame-ancestors", page.url, frame.url) for p in frame.policies)
    if allows or (page.found.scripts and not page.found.frames):
        yield Finding("radio", f"{radio} answers")
    else:
        fix = f"add {_origin(page.url)} to frame_ancestors of the station in station.toml"
        yield Finding("radio", f"it lets this site show no frame: {fix}", forbids=True)


def _scheme(page: ForeignPage, radio: str) -> Iterator[Finding]:
    if urlsplit(radio).scheme == "https" or _is_local(radio):
        return
    if urlsplit(page.url).scheme == "https":
        words = "a page over https:// may load nothing over http://: serve the radio over HTTPS"
        yield Finding("mixed content", words, forbids=True)
    elif any("upgrade-insecure-requests" in policy.directives for policy in page.policies):
        words = f"{POLICY} turns {radio} into https://: serve the radio over HTTPS"
        yield Finding("upgrade-insecure-requests", words, forbids=True)


def _loads(page: ForeignPage, radio: str, way: str, kind: str, paths: tuple[str, ...]) -> Finding:
    addresses = [urljoin(radio, path) for path in paths]
    for policy in page.policies:
        for address in addresses:
            if not policy.allows(kind, address, page.url, page.nonce):
                fix = _fix(policy, kind, _origin(radio), page.url)
                return Finding(kind, f"forbids {address} (for the {way}): {fix}", forbids=True)
    return Finding(kind, f"allows {', '.join(addresses)}")


def _fix(policy: Policy, kind: str, origin: str, page: str) -> str:
    name = policy.named(kind) or kind
    sources = policy.directives.get(name, ())
    if "'strict-dynamic'" in (source.lower() for source in sources):
        return 'give our script tag the nonce of the page: <script nonce="..." async src=...>'
    if name == "default-src":
        kept = [source for source in sources if source.lower() != "'none'"]
        return f"add to the policy: {' '.join([kind, *kept, origin])}"
    return f"add {origin} to {name}"


def _sandboxes(policies: list[Policy]) -> Iterator[Finding]:
    for policy in policies:
        tokens = policy.directives.get("sandbox")
        if tokens is not None and "allow-scripts" not in tokens:
            words = "the page runs no scripts: add allow-scripts, or link to the stream"
            yield Finding("sandbox", words, forbids=True)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _is_local(url: str) -> bool:
    """Browsers take the machine's own addresses for safe."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
