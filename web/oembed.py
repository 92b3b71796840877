"""oEmbed: a link to a station or a piece becomes its player, on sites that know how to ask.

Source: oEmbed 1.0 (oembed.com), the statuses of its errors included.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit
from xml.etree import ElementTree

from aiohttp import hdrs, web

from renderer.artwork import CARD_PX, COVER_PX
from web.api import PIECE_ID, piece_called, whole
from web.heads import PLAYER_SIZE, Head, piece_head, station_head
from web.keys import PROGRAMME
from web.proxies import base_url

CACHED_SECONDS = 24 * 3600
MOST_PIXELS = 10_000
PIECE_PAGE = "/pieces/"
# What a link to the player may say of it, and is passed on.
LOOKS = ("theme", "show", "mount", "autoplay", "ground", "ink", "melody", "bass", "drums")

Answer = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Space:
    """As much as the site has for us, in pixels."""

    width: int
    height: int

    def holds(self, size: tuple[int, int]) -> bool:
        return size[0] <= self.width and size[1] <= self.height


async def oembed(request: web.Request) -> web.Response:
    """GET /oembed"""
    form = request.query.get("format", "json")
    if form not in ("json", "xml"):
        raise web.HTTPNotImplemented(text=f"format is json or xml, not {form!r}")
    space = Space(
        whole(request, "maxwidth", MOST_PIXELS, 1, MOST_PIXELS),
        whole(request, "maxheight", MOST_PIXELS, 1, MOST_PIXELS),
    )
    try:
        link = urlsplit(request.query.get("url", ""))
    except ValueError as error:
        raise _unknown(request) from error
    answer = as_told(await _shown(request, link), space, _looks(link), base_url(request))
    headers = {hdrs.CACHE_CONTROL: f"public, max-age={CACHED_SECONDS}"}
    if form == "json":
        return web.json_response(answer, headers=headers)
    return web.Response(
        body=as_xml(answer), content_type="text/xml", charset="utf-8", headers=headers
    )


def as_told(head: Head, space: Space, looks: dict[str, str], base: str) -> Answer:
    """What a site is told of a link: its player in a frame, and a picture if one fits."""
    width, height = min(PLAYER_SIZE[0], space.width), min(PLAYER_SIZE[1], space.height)
    joined = "&" if "?" in head.embed else "?"
    source = escape(head.embed + (joined + urlencode(looks) if looks else ""))
    answer: Answer = {
        "version": "1.0",
        "type": "rich",
        "title": head.title,
        "author_name": head.station,
        "author_url": f"{base}/" if head.seconds is not None else head.url,
        "provider_name": head.station,
        "provider_url": f"{base}/",
        "cache_age": CACHED_SECONDS,
        # Bare: WordPress takes away all attributes but these, and the frame with them if it lacks.
        "html": f'<iframe src="{source}" width="{width}" height="{height}" frameborder="0" '
        f'scrolling="no" title="{escape(head.title)}"></iframe>',
        "width": width,
        "height": height,
    }
    for url, size in ((head.card, CARD_PX), (head.cover, (COVER_PX, COVER_PX))):
        if space.holds(size):
            picture: Answer = {"thumbnail_url": url}
            return answer | picture | {"thumbnail_width": size[0], "thumbnail_height": size[1]}
    return answer


def as_xml(answer: Answer) -> bytes:
    root = ElementTree.Element("oembed")
    for name, value in answer.items():
        ElementTree.SubElement(root, name).text = str(value)
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


async def _shown(request: web.Request, link: SplitResult) -> Head:
    """What a link of ours leads to: the player as a page or in a frame, or a piece.

    Raises:
        HTTPNotFound: it is no link of ours, or leads nowhere.
    """
    programme = request.app[PROGRAMME]
    if link.scheme not in ("http", "https") or link.netloc.lower() != _host(request):
        raise _unknown(request)
    query = parse_qs(link.query)
    piece_id = query.get("piece", [""])[0] if link.path == "/embed" else ""
    if link.path.startswith(PIECE_PAGE):
        piece_id = link.path.removeprefix(PIECE_PAGE)
    if piece_id:
        if not PIECE_ID.fullmatch(piece_id):
            raise _unknown(request)
        return piece_head(request, await piece_called(request, piece_id))
    name = query.get("station", [programme.first.name])[0]
    if link.path not in ("", "/", "/embed") or name not in programme.stations:
        raise _unknown(request)
    return station_head(request, programme.stations[name])


def _host(request: web.Request) -> str:
    return urlsplit(base_url(request)).netloc.lower()


def _looks(link: SplitResult) -> dict[str, str]:
    if link.path != "/embed":
        return {}
    query = parse_qs(link.query, keep_blank_values=True)
    return {name: query[name][0] for name in LOOKS if name in query}


def _unknown(request: web.Request) -> web.HTTPNotFound:
    base = base_url(request)
    return web.HTTPNotFound(
        text=f"url must be a link to a station or a piece of ours, like {base}/ or "
        f"{base}/?station=NAME or {base}/pieces/ID or {base}/embed"
    )


ROUTES = [("/oembed", oembed)]
