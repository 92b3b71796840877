"""Playlists: small files that any player opens, with the addresses of a station's streams.

The stream that was asked for (`?mount=opus`) stands first, and after it the others: a player
that cannot play one goes on to the next.

Sources: winamp's PLS, version 2; XSPF version 1, https://xspf.org/spec.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from aiohttp import hdrs, web

from station.station import Station
from web.keys import PROGRAMME, station_of, stream_path
from web.proxies import base_url

XSPF = "http://xspf.org/ns/0/"


@dataclass(frozen=True, slots=True)
class Entry:
    """One stream."""

    title: str  # one line
    url: str


async def playlist(request: web.Request) -> web.Response:
    """GET /listen.m3u, .pls or .xspf."""
    write, mime_type = PLAYLISTS[request.path]
    station = station_of(request)
    text = write(station.settings.title, _entries(request, station))
    # Its addresses are those by which this client knows us.
    return web.Response(
        text=text,
        content_type=mime_type,
        charset="utf-8",
        headers={hdrs.CACHE_CONTROL: "no-cache, private"},
    )


def m3u(title: str, entries: Sequence[Entry]) -> str:
    lines = ["#EXTM3U", f"#PLAYLIST:{title}"]
    for entry in entries:
        lines += [f"#EXTINF:-1,{entry.title}", entry.url]
    return "\n".join([*lines, ""])


def pls(title: str, entries: Sequence[Entry]) -> str:
    lines = ["[playlist]", f"NumberOfEntries={len(entries)}"]
    for number, entry in enumerate(entries, 1):
        lines += [f"File{number}={entry.url}", f"Title{number}={entry.title}", f"Length{number}=-1"]
    return "\n".join([*lines, "Version=2", ""])


def xspf(title: str, entries: Sequence[Entry]) -> str:
    root = ElementTree.Element("playlist", {"version": "1", "xmlns": XSPF})
    ElementTree.SubElement(root, "title").text = title
    tracks = ElementTree.SubElement(root, "trackList")
    for entry in entries:
        track = ElementTree.SubElement(tracks, "track")
        ElementTree.SubElement(track, "location").text = entry.url
        ElementTree.SubElement(track, "title").text = entry.title
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, "unicode")}\n'


PLAYLISTS: dict[str, tuple[Callable[[str, Sequence[Entry]], str], str]] = {
    "/listen.m3u": (m3u, "audio/x-mpegurl"),
    "/listen.pls": (pls, "audio/x-scpls"),
    "/listen.xspf": (xspf, "application/xspf+xml"),
}


def _entries(request: web.Request, station: Station) -> list[Entry]:
    programme, base = request.app[PROGRAMME], base_url(request)
    names = list(station.mounts)
    chosen = request.query.get("mount", names[0])
    if chosen not in names:
        raise web.HTTPNotFound(text=f"no mount is called {chosen!r}; there are: {', '.join(names)}")
    names.sort(key=lambda name: name != chosen)  # the rest stays in its order
    return [
        Entry(
            f"{station.settings.title} ({name}, {station.mounts[name].bitrate_kbps} kbit/s)",
            base + stream_path(programme, station, name),
        )
        for name in names
    ]
