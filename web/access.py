"""Who may do what: listeners may listen, the operator may turn the controls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from station.token import is_token
from web.keys import PROGRAMME

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def operator_only(handler: Handler) -> Handler:
    """Answer 401 to whoever does not send `Authorization: Bearer TOKEN`."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        folder = request.app[PROGRAMME].folder
        if scheme.lower() != "bearer" or not is_token(folder, token.strip()):
            raise web.HTTPUnauthorized(
                text="this needs the operator's token: Authorization: Bearer TOKEN. "
                "Lost it? `latentfm token --new` makes another.",
                headers={hdrs.WWW_AUTHENTICATE: 'Bearer realm="operator"'},
            )
        return await handler(request)

    return guarded
