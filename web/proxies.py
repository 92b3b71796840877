"""Who asks, and under which name: what trusted reverse proxies say of a request is believed.

Anyone can send `X-Forwarded-*`, so they count only from a peer in `server.trusted_proxies`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp import hdrs, web

from web.keys import PROGRAMME

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

HOST = re.compile(r"([A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
WITH_PORT = re.compile(r"\[(?P<v6>[^\]]+)\](:[0-9]+)?|(?P<v4>[0-9.]+):[0-9]+")
SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class Client:
    """Whoever is at the far end, and the address by which we are known there."""

    address: str  # IPv4 or IPv6; empty when the kernel cannot say any more
    scheme: str  # http or https
    host: str  # with the port where it is not the scheme's own

    @property
    def base_url(self) -> str:
        return f"{self.scheme}://{self.host}"


def client_of(request: web.Request) -> Client:
    """The client of a request, seen through trusted proxies. A malformed header is passed over."""
    trusted = request.app[PROGRAMME].settings.server.trusted_proxies
    peer = read_address(request.remote or "")
    if peer is None:
        return Client("", request.scheme, _own_host(request))
    if not _is_in(peer, trusted):
        return Client(str(peer), request.scheme, _own_host(request))
    scheme = _first(request, hdrs.X_FORWARDED_PROTO).lower()
    host = _first(request, hdrs.X_FORWARDED_HOST)
    return Client(
        str(origin(peer, _all(request, hdrs.X_FORWARDED_FOR), trusted)),
        scheme if scheme in SCHEMES else request.scheme,
        host if HOST.fullmatch(host) else _own_host(request),
    )


def client_address(request: web.Request) -> str:
    return client_of(request).address


def base_url(request: web.Request) -> str:
    """`https://radio.example` of an address as the client must write it."""
    return client_of(request).base_url


def origin(peer: Address, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> Address:
    """The right-most address that is nobody's we trust: what stands left of it anyone can write.

    Args:
        peer: at the other end of the socket.
        forwarded_for: the entries of X-Forwarded-For, nearest last.
        trusted: networks of proxies that say the truth.
    """
    address = peer
    for entry in reversed(forwarded_for):
        before = read_address(entry)
        if before is None or not _is_in(address, trusted):
            break
        address = before
    return address


@lru_cache(1_000)  # a request reads its own more than once, and all behind a proxy have the same
def read_address(text: str) -> Address | None:
    """An address as proxies write it, with or without a port; None if it is none."""
    text = text.strip()
    if found := WITH_PORT.fullmatch(text):
        text = found["v6"] or found["v4"]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A socket that listens on :: tells IPv4 this way; whoever is limited is the same.
    return getattr(address, "ipv4_mapped", None) or address


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _all(request: web.Request, name: str) -> list[str]:
    return ",".join(request.headers.getall(name, ())).split(",")


def _first(request: web.Request, name: str) -> str:
    """Of proxies in a row, the first one met the client."""
    return _all(request, name)[0].strip()


def _own_host(request: web.Request) -> str:
    """As the client wrote it; HTTP/1.0 need not, and then it is the socket's own address."""
    host = request.headers.get(hdrs.HOST, "")
    if HOST.fullmatch(host):
        return host
    # Not `request.host`: without the header that one asks a name server, and waits for it.
    own = request.get_extra_info("sockname") or ("localhost", 80)
    name = f"[{own[0]}]" if ":" in own[0] else own[0]
    return f"{name}:{own[1]}"
