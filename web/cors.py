"""Pages of other sites may use what we broadcast: streams with their ICY headers, the API, the
player with all it is made of.

Nothing of it depends on who asks, so any site may. But only to read: no preflight allows a
method or a header that an operator's request needs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

OPEN = (
    "/stream",
    "/stations/",
    "/listen.",
    "/hls/",
    "/status-json.xsl",
    "/api/",
    "/player.js",
    "/static/",
    "/oembed",
)
METHODS = "GET, HEAD, OPTIONS"
ASKED_WITH = "Accept, Cache-Control, Content-Type, Icy-MetaData, Origin, Range, X-Requested-With"
ANSWERED_WITH = (
    "AI-Disclosure, Accept-Ranges, Content-Length, Content-Range, Date, Link, Retry-After, "
    "ice-audio-info, icy-br, "
    "icy-description, icy-genre, icy-metaint, icy-name, icy-pub, icy-sr, icy-url"
)
MAX_AGE_SECONDS = 24 * 3600  # of a preflight's answer; browsers shorten it to what they like
PRIVATE_ASKED = "Access-Control-Request-Private-Network"
PRIVATE_ALLOWED = "Access-Control-Allow-Private-Network"
RESOURCE_POLICY = "Cross-Origin-Resource-Policy"


@web.middleware
async def preflight(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer OPTIONS for everything that may be read from elsewhere."""
    is_there = isinstance(request.match_info.http_exception, web.HTTPMethodNotAllowed)
    if request.method != hdrs.METH_OPTIONS or not _is_open(request) or not is_there:
        return await handler(request)
    headers: dict[str, str] = {
        hdrs.ALLOW: METHODS,
        hdrs.ACCESS_CONTROL_ALLOW_METHODS: METHODS,
        hdrs.ACCESS_CONTROL_ALLOW_HEADERS: ASKED_WITH,
        hdrs.ACCESS_CONTROL_MAX_AGE: str(MAX_AGE_SECONDS),
    }
    if request.headers.get(PRIVATE_ASKED) == "true":  # a public page, a station in the house
        headers[PRIVATE_ALLOWED] = "true"
    return web.Response(status=204, headers=headers)


async def allow_reading(request: web.Request, response: web.StreamResponse) -> None:
    """On every response: an error is read by the other page, too."""
    if _is_open(request):
        response.headers.setdefault(hdrs.ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        response.headers.setdefault(hdrs.ACCESS_CONTROL_EXPOSE_HEADERS, ANSWERED_WITH)
        response.headers.setdefault(RESOURCE_POLICY, "cross-origin")  # for pages that set COEP


def _is_open(request: web.Request) -> bool:
    return request.path.startswith(OPEN)
