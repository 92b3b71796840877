"""Now playing in the shape of AzuraCast's API, so that its widgets and apps work with us.

Its documentation: the schema Api_NowPlaying.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from aiohttp import web

from generators.music import Piece, Summary
from renderer.formats import mount_path
from renderer.pcm import SAMPLE_RATE_HZ, Start
from station.hls import HLS
from station.station import Station
from storage import queries
from storage.errors import StorageError
from storage.records import LoggedPiece
from web import hls
from web.keys import PROGRAMME, station_path
from web.proxies import base_url

HISTORY = 5


async def nowplaying(request: web.Request, station: Station) -> dict[str, Any]:
    programme = request.app[PROGRAMME]
    playing, following = station.playing, station.shelf.next
    base = base_url(request)
    own = station_path(programme, station)
    mounts = [_mount(base + own, name, station) for name in station.mounts]
    count = _count(station.listeners)
    try:
        read = partial(queries.history, programme.database, station.name, None, HISTORY + 2)
        aired = [each for each in await asyncio.to_thread(read) if _is_over(each, playing, station)]
    except StorageError:
        aired = []  # what is on air is known without the database
    now: dict[str, Any] | None = None
    if playing:
        elapsed = (station.position - playing.position) / SAMPLE_RATE_HZ
        now = {
            "sh_id": playing.position,
            "played_at": int(station.timeline.utc(playing.position).timestamp()),
            "duration": round(playing.piece.seconds),
            "elapsed": round(elapsed),
            "remaining": max(0, round(playing.piece.seconds - elapsed)),
            "playlist": playing.piece.show,
            "streamer": "",
            "is_request": False,
            "song": _song(base, playing.piece, station),
        }
    return {
        "station": {
            "id": list(programme.stations).index(station.name) + 1,
            "name": station.settings.title,
            "shortcode": station.name,
            "description": station.settings.description,
            "timezone": station.settings.timezone,
            "listen_url": mounts[0]["url"],
            "url": base + "/",
            "public_player_url": base + "/",
            "playlist_pls_url": f"{base}/listen.pls?station={station.name}",
            "playlist_m3u_url": f"{base}/listen.m3u?station={station.name}",
            "is_public": True,
            "hls_enabled": station.hls is not None,
            "hls_url": f"{base}{own}{hls.PLAYLIST}" if station.hls else None,
            "hls_is_default": False,
            "hls_listeners": station.audience.current(HLS),
            "mounts": mounts,
            "remotes": [],
        },
        "listeners": count,
        "live": {"is_live": False, "streamer_name": "", "broadcast_start": None, "art": None},
        "now_playing": now,
        "playing_next": {
            "cued_at": 0,
            "duration": round(following.seconds),
            "playlist": following.show,
            "is_request": False,
            "song": _song(base, following, station),
        }
        if following
        else None,
        "song_history": [
            {
                "sh_id": each.airing.position,
                "played_at": int(each.airing.aired_at.timestamp()),
                "duration": round(each.piece.seconds),
                "playlist": each.piece.show,
                "streamer": "",
                "is_request": False,
                "song": _song(base, each.piece, station),
            }
            for each in aired[:HISTORY]
        ],
        "is_online": station.on_air,
        "cache": None,
    }


def _is_over(aired: LoggedPiece, playing: Start | None, station: Station) -> bool:
    """The log has what plays, too, and may have what begins in a moment."""
    airing = aired.airing
    if playing is None or airing.broadcast_id != station.broadcast.id:
        return True
    return airing.position < playing.position


def _mount(base: str, name: str, station: Station) -> dict[str, Any]:
    mount = station.mounts[name]
    return {
        "id": list(station.mounts).index(name) + 1,
        "name": f"/{mount_path(name)}",
        "url": f"{base}/{mount_path(name)}",
        "bitrate": mount.bitrate_kbps,
        "format": name,
        "listeners": _count(mount.listeners),
        "path": f"/{mount_path(name)}",
        "is_default": name == next(iter(station.mounts)),
    }


def _count(listeners: int) -> dict[str, int]:
    """Nobody is remembered, so that one who listens twice is two."""
    return {"total": listeners, "unique": listeners, "current": listeners}


def _song(base: str, piece: Piece | Summary, station: Station) -> dict[str, Any]:
    artist = station.settings.title
    return {
        "id": piece.id,
        "text": f"{artist} - {piece.title}",
        "artist": artist,
        "title": piece.title,
        "album": piece.show,
        "genre": station.settings.genre,
        "isrc": "",
        "lyrics": "",
        "art": f"{base}/api/v1/pieces/{piece.id}/cover.png",
        "custom_fields": {"key": piece.key, "tempo_qpm": piece.tempo_qpm, "origin": piece.origin},
    }
