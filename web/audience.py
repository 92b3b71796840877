"""GET /api/v1/audience: how a station was heard, by hour and mount. For its operator."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from aiohttp import web

from storage import queries
from storage.records import ListeningHour
from web.access import operator_only
from web.api import read, time_in
from web.keys import PROGRAMME, station_of

USUAL = timedelta(days=1)
MOST = timedelta(days=92)


@operator_only
async def audience(request: web.Request) -> web.Response:
    """?from= and ?to= ISO 8601 times: the hours that began between them; else the last 24."""
    programme, station = request.app[PROGRAMME], station_of(request)
    until = time_in(request, "to") or datetime.now(UTC)
    since = time_in(request, "from") or until - USUAL
    if not timedelta(0) <= until - since <= MOST:
        raise web.HTTPBadRequest(text=f"from must be before to, and at most {MOST.days} days")
    asked = partial(queries.listening_hours, programme.database, station.name, since, until)
    hours: list[ListeningHour] = await read(asked)
    body = {
        "station": station.name,
        "now": station.listeners_by_mount,
        "unique_today": station.audience.unique_today,
        "hours": [
            hour_view(list(rows)) for _, rows in groupby(hours, lambda row: (row.hour, row.mount))
        ],
    }
    return web.json_response(body)


def hour_view(rows: Sequence[ListeningHour]) -> dict[str, Any]:
    """One mount in one hour, of which each broadcast has a row. The station started anew in
    between, and knows nobody from before: who came back is another one in `unique`."""
    return {
        "hour": rows[0].hour.isoformat(),
        "mount": rows[0].mount,
        "peak": max(row.peak for row in rows),
        "unique": sum(row.unique_listeners for row in rows),
        "sessions": sum(row.sessions for row in rows),
        "listening_hours": round(sum(row.listening_seconds for row in rows) / 3600, 4),
    }
