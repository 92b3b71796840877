"""Who listens to what, in the shape of Icecast 2.4's status-json.xsl.

Dashboards, directories and players poll that address for the title. What Icecast writes was
read off version 2.4.4: `source` is an object when there is one mount and a list when there are
more, every source ends in `"dummy": null`, and its times are RFC 2822 beside ISO 8601.
"""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from renderer.pcm import CHANNELS, SAMPLE_RATE_HZ
from station.mount import Mount
from station.station import Station
from web.keys import PROGRAMME, stream_path
from web.proxies import client_of

NOBODY = "icemaster@localhost"  # Icecast's own default: who runs us is nobody's business
SERVER = "Latent FM"


async def status(request: web.Request) -> web.Response:
    """GET /status-json.xsl: all mounts of all stations; `?mount=/stream.mp3` for one."""
    programme, client = request.app[PROGRAMME], client_of(request)
    wanted = request.query.get("mount")
    sources = []
    for station in programme.stations.values():
        for name, mount in station.mounts.items():
            path = stream_path(programme, station, name)
            if mount.is_on_air and wanted in (None, path):
                sources.append(_source(client.base_url, path, station, mount))
    stats: dict[str, Any] = {
        "admin": NOBODY,
        "host": urlsplit(client.base_url).hostname,
        "location": "latent space",
        "server_id": SERVER,
        **_times("server_start", programme.first.broadcast.started_at),
    }
    if sources:
        stats["source"] = sources[0] if len(sources) == 1 else sources
    headers = {hdrs.CACHE_CONTROL: "no-cache, no-store"}
    return web.json_response({"icestats": stats}, headers=headers)


def audio_info(mount: Mount) -> str:
    """The text that Icecast's sources send as ice-audio-info."""
    fields = {
        "ice-samplerate": SAMPLE_RATE_HZ,
        "ice-bitrate": mount.bitrate_kbps,
        "ice-channels": CHANNELS,
    }
    return ";".join(f"{name}={value}" for name, value in fields.items())


def _source(base: str, path: str, station: Station, mount: Mount) -> dict[str, Any]:
    return {
        "audio_info": audio_info(mount),
        "bitrate": mount.bitrate_kbps,
        "genre": station.settings.genre,
        "ice-bitrate": mount.bitrate_kbps,
        "ice-channels": CHANNELS,
        "ice-samplerate": SAMPLE_RATE_HZ,
        "listener_peak": mount.listener_peak,
        "listeners": mount.listeners,
        "listenurl": base + path,
        "server_description": station.settings.description,
        "server_name": station.settings.title,
        "server_type": mount.format.mime_type,
        "server_url": f"{base}/",
        **_times("stream_start", station.broadcast.started_at),
        "title": station.title_at(station.position),
        "dummy": None,
    }


def _times(name: str, time: datetime) -> dict[str, str]:
    return {
        name: format_datetime(time),
        f"{name}_iso8601": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }
