"""What the API shows of a piece, an airing and a station: one shape, wherever it appears."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from generators.music import Piece, Summary
from generators.recipe import trio_to_dict
from renderer.files import FILES
from renderer.instruments import instrument_names
from renderer.pcm import SAMPLE_RATE_HZ, Start
from renderer.score import frames_of
from station.latent_plane import plane_of
from station.programme import Programme
from station.regenerate import prospect
from station.station import Station
from storage.ratings import Ratings
from storage.records import Join, LoggedPiece
from web.hls import PLAYLIST
from web.keys import station_path, stream_path
from web.push import Push

RECENT_STARTS = 4
LINKS = {"mid": "midi", "stems.zip": "stems"}  # where they are not called as the file ends
OF_A_WAYPOINT = ("id", "title", "key", "tempo_qpm", "show", "form")
OF_THE_AIRING = {"broadcast_id", "station", "position"}  # of a join


def piece_view(
    programme: Programme, piece: Piece | Summary, ratings: Ratings | None = None
) -> dict[str, Any]:
    """A list's, of a summary, is without all that takes the notes."""
    path = f"/api/v1/pieces/{piece.id}"
    view: dict[str, Any] = {
        "id": piece.id,
        "title": piece.title,
        "origin": piece.origin,
        "tempo_qpm": piece.tempo_qpm,
        "tempo_end_qpm": piece.tempo_end_qpm,
        "key": piece.key,
        "show": piece.show,
        "form": piece.form,
        "temperature": piece.temperature,
        "instruments": instrument_names(piece.instruments),
        "soundfont": soundfont_view(programme, piece.instruments.soundfont),
        "parents": list(piece.parents),
        "seconds": round(piece.seconds, 3),
        "steps": piece.steps,
        "seed": piece.seed,
        "model": piece.model,
        "weights_sha256": piece.weights_sha256,
        "created": piece.created.isoformat(),
        "links": {
            "self": path,
            "page": f"/pieces/{piece.id}",
            **{LINKS.get(kind, kind): f"{path}.{kind}" for kind in FILES},
            "cover": f"{path}/cover.svg",
            "cover_png": f"{path}/cover.png",
            "card": f"{path}/card.png",
        },
    }
    if ratings is not None:
        view["rating"] = asdict(ratings)
    if isinstance(piece, Piece):
        view["reproducible"] = asdict(prospect(piece, programme.generator))
        view["verdict"] = asdict(piece.verdict) if piece.verdict else None
        view["trio"] = trio_to_dict(piece.trio)
        view["walk"] = walk_view(programme, piece)
    return view


def walk_view(programme: Programme, piece: Piece) -> dict[str, Any] | None:
    """Where its bars and latents lie on the plane of the model; None for what lies elsewhere."""
    plane = plane_of(programme.generator.model)
    walk = plane and plane.walk(piece)
    return asdict(walk) if walk else None


def soundfont_view(programme: Programme, name: str) -> dict[str, str]:
    """Whose sounds these are; a name that is not here is played with the station's own font."""
    font = programme.fonts.font(name)
    return {"name": font.name, "licence": font.licence, "credits": font.credits}


def start_view(programme: Programme, station: Station, start: Start) -> dict[str, Any]:
    """A piece on the timeline of the broadcast that is on air."""
    utc = station.timeline.utc(start.position)
    view = piece_view(programme, start.piece)
    return _aired_view(start.position, utc, view, frames_of(start.piece))


def airing_view(programme: Programme, aired: LoggedPiece, ratings: Ratings) -> dict[str, Any]:
    """A piece in the log."""
    view = piece_view(programme, aired.piece, ratings)
    airing = aired.airing
    return {
        **_aired_view(airing.position, airing.aired_at, view, frames_of(aired.piece)),
        "broadcast": airing.broadcast_id,
        "replayed": airing.replayed,
        "join": _join_view(aired.join),
    }


def _join_view(join: Join | None) -> dict[str, Any] | None:
    """How good the way to a piece was: docs/joins.md. None until it was heard."""
    if join is None:
        return None
    figures = asdict(join)
    return {name: value for name, value in figures.items() if name not in OF_THE_AIRING}


def now_view(programme: Programme, station: Station) -> dict[str, Any]:
    playing = station.playing
    recent = station.timeline.since(playing.position if playing else 0)
    earlier = station.timeline.before(recent[0].position, RECENT_STARTS - 1) if recent else ()
    coming = station.shelf.pieces
    following = next(iter(coming), None)
    waypoint = next((piece for piece in coming if piece.origin != "bridge"), None)
    return {
        "station": station.name,
        "title": station.settings.title,
        "show": station.show.name,
        "position": station.position,
        "sample_rate_hz": SAMPLE_RATE_HZ,
        "utc": station.timeline.utc(station.position).isoformat(),
        "broadcast": station.broadcast.id,
        "listeners": station.listeners,
        **health_view(programme, station),
        "playing": start_view(programme, station, playing) if playing else None,
        "recent": [start_view(programme, station, start) for start in (*earlier, *recent)],
        "next": piece_view(programme, following) if following else None,
        "waypoint": {name: getattr(waypoint, name) for name in OF_A_WAYPOINT} if waypoint else None,
    }


def health_view(programme: Programme, station: Station) -> dict[str, Any]:
    note = programme.note
    well = station.on_air and not note
    return {"health": "ok" if well else "degraded", "note": note}


def station_view(programme: Programme, station: Station, pushes: Sequence[Push]) -> dict[str, Any]:
    return {
        "name": station.name,
        "title": station.settings.title,
        "description": station.settings.description,
        "show": station.show.name,
        "listeners": station.listeners,
        "unique_today": station.audience.unique_today,
        "ratings_open": programme.settings.ratings.open,
        "streams": [
            {
                "format": name,
                "url": stream_path(programme, station, name),
                "mime_type": mount.format.mime_type,
                "bitrate_kbps": mount.bitrate_kbps,
                "listeners": mount.listeners,
            }
            for name, mount in station.mounts.items()
        ],
        "hls": f"{station_path(programme, station)}{PLAYLIST}" if station.hls else None,
        "pushes": [push_view(push) for push in pushes],
    }


def push_view(push: Push) -> dict[str, Any]:
    """An Icecast that we send to: since when it gets our sound, or why it does not."""
    return {
        "url": push.target.address,
        "format": push.mount,
        "since": push.since.isoformat() if push.since else None,
        "error": push.error,
    }


def _aired_view(position: int, utc: datetime, piece: dict[str, Any], frames: int) -> dict[str, Any]:
    return {"position": position, "frames": frames, "utc": utc.isoformat(), "piece": piece}
