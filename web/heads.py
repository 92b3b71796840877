"""What a link to us looks like elsewhere: titles, pictures and players in the heads of pages.

Read without running a script, by whoever shows links: OpenGraph, Twitter's player card, and where
to ask for more (`web.oembed`).

Sources: The Open Graph protocol (ogp.me); X Developer Platform, "Player Card"; oEmbed 1.0 §4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from aiohttp import web

from generators.music import Piece
from renderer.artwork import CARD_PX
from renderer.instruments import instrument_names
from station.station import Station
from web.keys import PROGRAMME, stream_path
from web.proxies import base_url

PLAYER_SIZE = (600, 160)
TITLE = re.compile(rb"<title>[^<]*</title>")


@dataclass(frozen=True, slots=True)
class Head:
    """A station or a piece, as it is shown where somebody shares it. Addresses are whole."""

    kind: str  # of OpenGraph's
    title: str
    description: str
    station: str  # its title
    url: str  # of its page
    embed: str  # of its player in a frame
    oembed: str  # where it is told in oEmbed; the format is yet to be said
    card: str  # a picture of CARD_PX, PNG
    cover: str  # a picture of COVER_PX, square, PNG
    sound: str
    sound_type: str
    seconds: float | None = None  # a broadcast has no length


def station_head(request: web.Request, station: Station) -> Head:
    programme, base = request.app[PROGRAMME], base_url(request)
    own = "" if station is programme.first else f"?station={station.name}"
    mount = "mp3" if "mp3" in station.mounts else next(iter(station.mounts))
    pictures = f"{base}/api/v1/stations/{station.name}"
    return Head(
        kind="music.radio_station",
        title=station.settings.title,
        description=station.settings.description,
        station=station.settings.title,
        url=f"{base}/{own}",
        embed=f"{base}/embed{own}",
        oembed=_oembed(base, f"{base}/{own}"),
        card=f"{pictures}/card.png",
        cover=f"{pictures}/cover.png",
        sound=base + stream_path(programme, station, mount),
        sound_type=station.mounts[mount].format.mime_type,
    )


def piece_head(request: web.Request, piece: Piece) -> Head:
    base, station = base_url(request), request.app[PROGRAMME].first.settings.title
    page, files = f"{base}/pieces/{piece.id}", f"{base}/api/v1/pieces/{piece.id}"
    return Head(
        kind="music.song",
        title=piece.title,
        description=_described(piece, station),
        station=station,
        url=page,
        embed=f"{base}/embed?piece={piece.id}",
        oembed=_oembed(base, page),
        card=f"{files}/card.png",
        cover=f"{files}/cover.png",
        sound=f"{files}.mp3",
        sound_type="audio/mpeg",
        seconds=piece.seconds,
    )


def with_head(html: bytes, head: Head) -> bytes:
    """A page that says in its head what it is about."""
    name = head.title if head.title == head.station else f"{head.title} · {head.station}"
    titled = TITLE.sub(lambda _: f"<title>{escape(name)}</title>".encode(), html, count=1)
    lines = "\n  ".join(["", *_links(head), *_graph(head), *_player_card(head)])
    return titled.replace(b"\n</head>", f"{lines}\n</head>".encode(), 1)


def _links(head: Head) -> Iterator[str]:
    title = escape(head.title)
    yield f'<link rel="canonical" href="{escape(head.url)}">'
    for kind, mime_type in (("json", "application/json+oembed"), ("xml", "text/xml+oembed")):
        href = escape(f"{head.oembed}&format={kind}")
        yield f'<link rel="alternate" type="{mime_type}" href="{href}" title="{title}">'


def _graph(head: Head) -> Sequence[str]:
    wide, high = CARD_PX
    fields = {
        "og:type": head.kind,
        "og:title": head.title,
        "og:description": head.description,
        "og:site_name": head.station,
        "og:url": head.url,
        "og:image": head.card,
        "og:image:type": "image/png",
        "og:image:width": wide,
        "og:image:height": high,
        "og:image:alt": f"The picture of {head.title}",
        "og:audio": head.sound,
        "og:audio:type": head.sound_type,
    }
    if head.seconds is not None:
        fields["music:duration"] = round(head.seconds)
    lines = [_meta("property", name, value) for name, value in fields.items()]
    return [_meta("name", "description", head.description), *lines]


def _player_card(head: Head) -> Sequence[str]:
    """The card takes the rest from OpenGraph's lines. Only a player over HTTPS is shown."""
    wide, high = PLAYER_SIZE
    if not head.embed.startswith("https:"):
        return [_meta("name", "twitter:card", "summary_large_image")]
    fields = {
        "twitter:card": "player",
        "twitter:player": head.embed,
        "twitter:player:width": wide,
        "twitter:player:height": high,
    }
    return [_meta("name", name, value) for name, value in fields.items()]


def _meta(kind: str, name: str, value: object) -> str:
    return f'<meta {kind}="{name}" content="{escape(str(value))}">'


def _oembed(base: str, url: str) -> str:
    return f"{base}/oembed?{urlencode({'url': url})}"


def _described(piece: Piece, station: str) -> str:
    """One sentence, for search engines and for where the link is shared."""
    names = instrument_names(piece.instruments)
    return (
        f"{length(piece.seconds)} of machine-made music from {station}: {names['melody']}, "
        f"{names['bass']} and drums in {piece.key} at {tempo(piece)}."
    )


def tempo(piece: Piece) -> str:
    """`96 bpm`, `96 to 104 bpm`"""
    first, last = round(piece.tempo_qpm), round(piece.tempo_end_qpm)
    return f"{first} bpm" if first == last else f"{first} to {last} bpm"


def length(seconds: float) -> str:
    """`1:48`"""
    return "{}:{:02}".format(*divmod(round(seconds), 60))
