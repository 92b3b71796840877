"""The web application, and the server that runs it with the programme on air."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from station.errors import AddressInUseError
from station.programme import Programme
from web import (
    api,
    artwork,
    assets,
    audience,
    cors,
    downloads,
    embed,
    events,
    exhibit,
    health,
    hls,
    latent_map,
    manifest,
    marks,
    oembed,
    pages,
    piece_page,
    pieces,
    provenance,
    push,
    ratings,
    similar,
    streams,
    time_machine,
)
from web.access_log import ACCESS_LOG, logging_access
from web.audible import EAR, Ear, audible
from web.connections import Door, listen, most_connections
from web.garbage import collecting_rarely
from web.icecast_status import status
from web.keys import FEEDS, PROGRAMME, SESSIONS
from web.limits import limiting
from web.playlists import PLAYLISTS, playlist
from web.sessions import Sessions

logger = logging.getLogger(__name__)

MOST_BODY_BYTES = 16 * 1024
CLIENT_LEFT = 499  # nginx's number for it
GOODBYE_SECONDS = 2.0  # for handlers to end, once the streams have


def make_app(programme: Programme) -> web.Application:
    """All routes of all stations. docs/api.md lists them."""
    app = web.Application(
        middlewares=[_plain_errors, cors.preflight], client_max_size=MOST_BODY_BYTES
    )
    app[PROGRAMME] = programme
    app[SESSIONS] = Sessions()
    app[EAR] = Ear()
    app[FEEDS] = events.make_feeds(list(programme.stations))
    app[latent_map.PLACES] = {}
    app[push.PUSHES] = {}
    app[artwork.DRAWINGS] = artwork.Drawings()
    app.cleanup_ctx.append(limiting)
    app.cleanup_ctx.append(ratings.opening)
    app.cleanup_ctx.append(logging_access)
    app.cleanup_ctx.append(events.feeding)
    app.cleanup_ctx.append(exhibit.telling)
    app.cleanup_ctx.append(push.pushing)
    app.cleanup_ctx.append(downloads.exporting)
    app.cleanup_ctx.append(provenance.signing)
    app.cleanup_ctx.append(time_machine.travelling)
    app.on_response_prepare.append(_dress)
    app.on_response_prepare.append(cors.allow_reading)
    app.on_response_prepare.append(marks.mark)
    app.on_shutdown.append(events.close_feeds)
    app.add_routes(
        [
            *(web.get(path, pages.page) for path in pages.PAGES),
            *(web.get(path, handler) for path, handler in embed.ROUTES),
            *(web.get(path, handler) for path, handler in oembed.ROUTES),
            *(web.get(path, streams.stream) for path in streams.PATHS),
            *(web.get("/stations/{station}" + path, streams.stream) for path in streams.PATHS),
            *(web.get(path, handler) for path, handler in hls.ROUTES),
            *(web.get("/stations/{station}" + path, handler) for path, handler in hls.ROUTES),
            *(web.get(path, handler) for path, handler in time_machine.ROUTES),
            *(
                web.get("/stations/{station}" + path, handler)
                for path, handler in time_machine.ROUTES
            ),
            *(web.get(path, playlist) for path in PLAYLISTS),
            web.get("/status-json.xsl", status),
            web.get("/api/v1/stations", api.stations),
            web.get("/api/v1/now", api.now),
            web.get("/api/v1/history", api.history),
            web.get("/api/v1/events", events.events, allow_head=False),
            *(web.get(path, handler) for path, handler in downloads.ROUTES),
            *(web.get(path, handler) for path, handler in pieces.ROUTES),
            *(web.get(path, handler) for path, handler in artwork.ROUTES),
            *(web.get(path, handler) for path, handler in piece_page.ROUTES),
            *(web.get(path, handler) for path, handler in provenance.ROUTES),
            *(web.get(path, handler) for path, handler in similar.ROUTES),
            *(web.get(path, handler) for path, handler in latent_map.ROUTES),
            *(web.get(path, handler) for path, handler in manifest.ROUTES),
            *ratings.ROUTES,
            *exhibit.ROUTES,
            web.get("/api/v1/sessions/{key}", api.session),
            web.get("/api/v1/schedule", api.schedule),
            web.get("/api/v1/audience", audience.audience),
            web.get("/api/v1/controls", api.controls),
            web.patch("/api/v1/controls", api.change_controls),
            web.post("/api/v1/skip", api.skip),
            web.get("/api/nowplaying", api.nowplaying_everywhere),
            web.get("/api/nowplaying/{station}", api.nowplaying),
            web.get("/healthz", health.healthz),
            web.get("/readyz", health.healthz),
            web.get("/audible", audible),
            web.get("/metrics", health.metrics),
            *(web.get(path, handler) for path, handler in assets.ROUTES),
        ]
    )
    return app


async def serve(programme: Programme, announce: Callable[[int], None]) -> None:
    """On air and on the web until SIGTERM or SIGINT. `announce` is told the port.

    Raises:
        AddressInUseError: the port is taken; nothing went on air.
    """
    server = programme.settings.server
    app = make_app(programme)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=GOODBYE_SECONDS)
    await runner.setup()
    try:
        most = most_connections(server.max_connections)
        door = Door(runner, most, server.header_seconds, app[ACCESS_LOG])
        try:
            listening = await listen(door, server.host, server.port)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise AddressInUseError(server.host, server.port) from error
            raise
        try:
            async with programme.on_the_air(), collecting_rarely(lambda: programme.listeners):
                announce(listening.sockets[0].getsockname()[1])
                await _asked_to_stop()
                logger.info("going off air")
        finally:
            listening.close()
    finally:
        await runner.cleanup()


async def _asked_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


@web.middleware
async def _plain_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """The API says in JSON what went wrong, whatever it was; one who leaves is no fault."""
    of_api = request.path.startswith("/api/")
    try:
        return await handler(request)
    except ConnectionError:
        return web.Response(status=CLIENT_LEFT)  # for the log: nobody reads it
    except web.HTTPException as error:
        if not of_api:
            raise
        headers = {k: v for k, v in error.headers.items() if k.lower() != "content-type"}
        return _error(error.status, error.text or error.reason, headers)
    except Exception:
        if not of_api:
            raise
        logger.exception("%s %s failed", request.method, request.path)
        return _error(500, "the station made a mistake; its log has more", {})


def _error(status: int, words: str, headers: dict[str, str]) -> web.Response:
    body = {"error": words, "status": status}
    return web.json_response(body, status=status, headers=headers)


async def _dress(request: web.Request, response: web.StreamResponse) -> None:
    """Headers that keep browsers from guessing, on every answer."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    if request.path.startswith("/api/"):
        response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
