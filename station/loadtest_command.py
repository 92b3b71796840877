"""`loadtest`: how many listeners this station carries, and what they notice of each other."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import resource
import socket
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from station.errors import StationError
from station.loadtest import Heard, Load, LoadTest
from station.loadtest_ear import STALL_SECONDS
from station.progress import seconds_bar

MOST_LISTENERS = 20_000
MOST_SECONDS = 600
MOST_RAMP = 2_000
OTHER_FILES = 64  # that this program has open besides
LATE_SECONDS = 0.25  # more than that of our own, and gaps may be ours
USUAL_KBPS = 128
INTERRUPTED = 130


def add_to(add: Any) -> None:
    """Add the command to the command line's subparsers."""
    command = add("loadtest", help="listen to a stream many times at once, and say what was heard")
    command.add_argument("url", metavar="URL", help="http://127.0.0.1:8000/stream.mp3")
    command.add_argument("-n", type=int, default=100, help="listeners (default: 100)")
    command.add_argument(
        "--seconds", type=float, default=30, help="to listen, once all have asked (default: 30)"
    )
    command.add_argument(
        "--ramp", type=float, default=500, help="new listeners a second (default: 500)"
    )
    command.add_argument("--icy", action="store_true", help="ask for titles in the stream")
    command.add_argument(
        "--allow-remote", action="store_true", help="also another machine than this, if it is yours"
    )
    command.set_defaults(command=loadtest)


def loadtest(arguments: argparse.Namespace) -> int:
    load = _load(arguments)
    _raise_file_limit(load.listeners)
    where = load.address if load.address == load.host else f"{load.host} ({load.address})"
    print(
        f"{load.listeners:,} listeners for {load.path} at {where}, port {load.port}, "
        f"{load.ramp:g} a second, then {load.seconds:g} s",
        flush=True,
    )
    test = LoadTest(load)
    status = asyncio.run(_run(test, load))
    heard = test.heard()
    print("\n".join(report(heard)))
    return status or (0 if heard.is_well else 1)


async def _run(test: LoadTest, load: Load) -> int:
    with seconds_bar(load.total_seconds, "listening") as bar:

        def progress(passed: float, listeners: int) -> None:
            bar.set_postfix_str(f"{listeners:,} listen", refresh=False)
            bar.update(min(load.total_seconds, passed) - bar.n)

        with contextlib.suppress(asyncio.CancelledError):  # Ctrl-C: what was heard so far
            await test.run(progress)
            return 0
    return INTERRUPTED


def report(heard: Heard) -> list[str]:
    """The result, a line each."""
    refused = sum(heard.refused.values())
    why = ", ".join(f"{count:,} × {status}" for status, count in heard.refused.most_common())
    lines = [
        f"connected      {heard.connected:,}",
        f"refused        {refused:,}" + (f": {why}" if why else ""),
        f"first byte     {_milliseconds(heard.first_byte)}",
        f"first 16 KB    {_milliseconds(heard.soon)}",
        f"longest gap    {heard.longest_gap:.2f} s",
        f"stalls         {heard.stalls:,} of more than {STALL_SECONDS} s",
        f"disconnected   {heard.disconnected:,}",
    ]
    if heard.rates:
        least, median = heard.rates[0], _share(heard.rates, 0.5)
        lines.append(f"bytes a second {least:,.0f} at least, {median:,.0f} in the middle")
    if heard.checked:
        lines.append(f"compared       {heard.checked}: {_compared(heard)}")
    if heard.late > LATE_SECONDS:
        lines.append(
            f"This program itself was up to {heard.late:.2f} s late: part of the gaps is its own."
        )
    return lines


def _compared(heard: Heard) -> str:
    said = ["the same bytes" if heard.alike else "NOT the same bytes"]
    if heard.whole is not None:
        said.append(f"MP3 frame follows on frame in {heard.whole}")
    return "; ".join(said)


def _milliseconds(seconds: Sequence[float]) -> str:
    if not seconds:
        return "none"
    return f"p50 {1000 * _share(seconds, 0.5):.0f} ms, p99 {1000 * _share(seconds, 0.99):.0f} ms"


def _share(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _load(arguments: argparse.Namespace) -> Load:
    _bounded(arguments.n, "-n", 1, MOST_LISTENERS)
    _bounded(arguments.seconds, "--seconds", 0.1, MOST_SECONDS)
    _bounded(arguments.ramp, "--ramp", 1, MOST_RAMP)
    parts = urlsplit(arguments.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StationError(f"{arguments.url!r}: write it like http://127.0.0.1:8000/stream.mp3")
    tls = parts.scheme == "https"
    try:
        port = parts.port or (443 if tls else 80)
    except ValueError as error:
        raise StationError(f"{arguments.url!r}: {error}") from error
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    address = _address(parts.hostname, port, arguments.allow_remote)
    return Load(
        host=parts.hostname,
        address=address,
        port=port,
        path=path,
        listeners=arguments.n,
        ramp=arguments.ramp,
        seconds=arguments.seconds,
        icy=arguments.icy,
        tls=tls,
    )


def _bounded(value: float, option: str, low: float, high: float) -> None:
    if not low <= value <= high:
        raise StationError(f"{option} must be from {low:g} to {high:g}, not {value:g}")


def _address(host: str, port: int, allow_remote: bool) -> str:
    """Where a host is, asked once: what is listened to is what was looked at here."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise StationError(f"no machine is called {host!r}: {error}") from error
    addresses = [str(entry[4][0]) for entry in found]
    remote = [each for each in addresses if not ip_address(each.partition("%")[0]).is_loopback]
    if remote and not allow_remote:
        raise StationError(
            f"{host} is not this machine, but at {remote[0]}. Somebody else's server would take "
            "this for an attack. If it is yours and may be loaded, add --allow-remote."
        )
    return addresses[0]


def _raise_file_limit(listeners: int) -> None:
    """One open file a listener: as many as we need, if the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = listeners + OTHER_FILES
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise StationError(
            f"{listeners:,} listeners need {needed:,} open files, and this shell allows {hard:,}. "
            f"Raise the limit (ulimit -Hn), or take -n {max(1, hard - OTHER_FILES)}."
        )
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
