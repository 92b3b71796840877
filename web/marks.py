"""That a machine made the music is said to programs, too: in headers, and as data in the pages.

Files and tagged streams say it themselves: `renderer.marks`. `[provenance] mark = false` takes
away what is here.

Sources: draft-abaris-aicdh-01 (2026), "AI Content Disclosure Header", the one proposal there is
for such a header, and work in progress; RFC 9651 (its syntax); JSON-LD 1.1 §7 (data in pages).
"""

from __future__ import annotations

import json
import re
from typing import Any

from aiohttp import hdrs, web

from generators.music import Piece
from renderer.marks import BY_A_MODEL, source_type
from station.programme import Programme
from web.keys import PROGRAMME, stream_path

DISCLOSURE = "AI-Disclosure"
MODE = "mode=machine-generated"  # by a machine, and no human looked at it before it was sent
MARKED_TYPES = ("audio/", "application/vnd.", "application/zip", "text/html")
SPDX = "https://spdx.org/licenses/"
_FILE = re.compile(r"(/api/v1/pieces/[0-9a-f]{20})\.[a-z.0-9]+")


async def mark(request: web.Request, response: web.StreamResponse) -> None:
    """On every response: sound, sheets and the pages that play them say what made them."""
    programme = request.app[PROGRAMME]
    if response.status >= 300 or not response.content_type.startswith(MARKED_TYPES):
        return
    if not programme.settings.provenance.mark:
        return
    response.headers.setdefault(DISCLOSURE, MODE)
    if file := _FILE.fullmatch(request.path):
        link = f'<{file[1]}/provenance>; rel="describedby"; type="application/ld+json"'
        response.headers.add(hdrs.LINK, link)


def marked_page(html: bytes, programme: Programme, data: Any) -> bytes:
    """A page with such data in its head, for programs that read it; JSON-LD.

    It is no script, whatever its tag says: browsers run nothing of it, and no policy is asked.
    """
    if not programme.settings.provenance.mark:
        return html
    # "<" could end the element that it stands in.
    text = json.dumps(data, ensure_ascii=False).replace("<", r"\u003c")
    element = f'<script type="application/ld+json">{text}</script>\n</head>'
    return html.replace(b"</head>", element.encode(), 1)


def broadcast_data(programme: Programme) -> dict[str, Any]:
    """What the stations broadcast. Addresses are as seen from the pages at the top."""
    return {
        "@context": "https://schema.org",
        "@graph": [
            {
                "@type": "AudioObject",
                "name": station.settings.title,
                "description": station.settings.description,
                "genre": station.settings.genre,
                "contentUrl": [
                    stream_path(programme, station, mount).removeprefix("/")
                    for mount in station.mounts
                ],
                "url": f"./?station={name}",
                **_origin(programme),
                "digitalSourceType": BY_A_MODEL,
            }
            for name, station in programme.stations.items()
        ],
    }


def piece_data(programme: Programme, piece: Piece) -> dict[str, Any]:
    """One piece; its provenance has all the rest."""
    path = f"api/v1/pieces/{piece.id}"  # from the top, as the page's base is
    return {
        "@context": "https://schema.org",
        "@type": "MusicComposition",
        "@id": f"urn:latentfm:piece:{piece.id}",
        "name": piece.title,
        "musicalKey": piece.key,
        "dateCreated": piece.created.isoformat(),
        "subjectOf": f"{path}/provenance",
        "encoding": {
            "@type": "AudioObject",
            "contentUrl": f"{path}.mp3",
            "encodingFormat": "audio/mpeg",
        },
        **_origin(programme),
        "digitalSourceType": source_type(piece),
    }


def _origin(programme: Programme) -> dict[str, Any]:
    return {
        "creator": {"@type": "SoftwareApplication", "name": "Latent FM"},
        "license": SPDX + programme.settings.provenance.licence,
    }
