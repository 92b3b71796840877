"""How many may listen at once: in all, and from one address."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from ipaddress import IPv6Address, ip_address

from aiohttp import hdrs, web

from station.hls import HLS
from station.stream_settings import StreamSettings
from web.keys import PROGRAMME
from web.proxies import client_address

LIMITS = ("places", "address")
NETWORK_BITS = 64  # of an IPv6 address: a household has 2⁶⁴ of them to choose from


class Place:
    """One listener's place, until the `with` block ends, however it ends."""

    __slots__ = ("_network", "_places")

    def __init__(self, places: Places, network: str | None) -> None:
        self._places = places
        self._network = network

    def __enter__(self) -> None:
        self._places.enter(self._network)

    def __exit__(self, *_: object) -> None:
        self._places.leave(self._network)


class Places:
    """Places of one kind: those of streams, or those of pages that hear events."""

    def __init__(self, settings: StreamSettings, others: Callable[[], int] = lambda: 0) -> None:
        """`others` says how many listen without holding a place: those of HLS."""
        self.taken = 0
        self.refused: Counter[str] = Counter()  # by limit
        self._others = others
        self._most = settings.max_listeners
        self._most_per_address = settings.max_listeners_per_address
        self._by_network: Counter[str] = Counter()

    def place(self, address: str) -> Place:
        """To be taken as `with places.place(address):`; nobody else comes in between.

        Raises:
            HTTPServiceUnavailable, HTTPTooManyRequests: all places are taken, or all of those
                that one address may have.
        """
        self.refuse_when_full()
        network = None if is_this_machine(address) else network_of(address)
        if network is not None and 0 < self._most_per_address <= self._by_network[network]:
            self.refused["address"] += 1
            raise web.HTTPTooManyRequests(
                text=f"{self._most_per_address} listen from your address already, which is all "
                "that this station allows (stream.max_listeners_per_address)",
                headers={"Retry-After": "30"},
            )
        return Place(self, network)

    def refuse_when_full(self) -> None:
        """
        Raises:
            HTTPServiceUnavailable: all places are taken.
        """
        if self.taken + self._others() >= self._most:
            self.refused["places"] += 1
            raise web.HTTPServiceUnavailable(
                text="all places are taken; try again soon", headers={"Retry-After": "10"}
            )

    def enter(self, network: str | None) -> None:
        self.taken += 1
        if network is not None:
            self._by_network[network] += 1

    def leave(self, network: str | None) -> None:
        self.taken -= 1
        if network is not None:
            self._by_network[network] -= 1
            if not self._by_network[network]:
                del self._by_network[network]


PLACES = web.AppKey("places", Places)  # of streams
PAGE_PLACES = web.AppKey("page_places", Places)  # of events: a page has one of each


async def limiting(app: web.Application) -> AsyncIterator[None]:
    """Lay out the places as the application starts."""
    programme = app[PROGRAMME]
    settings, stations = programme.settings.stream, programme.stations.values()
    app[PLACES] = Places(settings, lambda: sum(s.audience.current(HLS) for s in stations))
    app[PAGE_PLACES] = Places(settings)
    yield


def listener_of(request: web.Request) -> tuple[str, str]:
    """By what the audience tells one listener from another: network and player."""
    return network_of(client_address(request)), request.headers.get(hdrs.USER_AGENT, "")


def network_of(address: str) -> str:
    """What one household or office has: an IPv4 address, or the first half of an IPv6 one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    host_bits = 128 - NETWORK_BITS
    return f"{IPv6Address(int(parsed) >> host_bits << host_bits)}/{NETWORK_BITS}"


def is_this_machine(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
