"""More like this: the pieces that lie nearest in latent space.

A piece lies at the mean of its bars' latents. Pieces of one model are compared with each other
and with no others: another model's numbers mean something else. Only sampled pieces are found;
a bridge lies between two of them, and may be asked from.

A thread of its own goes through the catalogue in small steps and puts in what is missing, so an
index that is lost, damaged or older than the database mends itself; all that it costs is time.
Rows that were removed are left out of what is found.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from generators.music import Piece
from generators.walk import centre
from storage import queries, rows, tables
from storage.database import Database
from storage.errors import RecordError, StorageError
from storage.fault import Fault
from storage.shards import Shards

STEP_ENTRIES = 500  # of the catalogue looked at in a step
STEP_PIECES = 50  # ... and put in: a tenth of a second
REST = 3  # times as long as it worked: sound goes first
IDLE_SECONDS = 30.0
OVERLAP = timedelta(days=1)  # by so much a piece may come late, from a journal that waited
WHOLE_SECONDS = 24 * 3600.0  # then it goes through all of it again: old pieces may be brought in
SAVE_SECONDS = 3600.0  # what was not saved is put in again at the next start
SPARE = 8  # asked for beyond the limit: the piece itself, and rows that were removed

_MODEL = re.compile("([0-9a-f]{16}|unknown)-[1-9][0-9]{0,4}")  # as `_model_of` writes it
_entry = tables.catalogue.c
_Place = tuple[datetime, str]  # an entry of the catalogue

logger = logging.getLogger(__name__)


class Nearest:
    """An index of all sampled pieces by where they lie. `like` may be called from any thread."""

    def __init__(self, folder: Path, database: Database) -> None:
        self._folder = folder
        self._database = database
        self._shards: dict[str, Shards] = {}  # by model
        self._place: _Place | None = None  # where it is in the catalogue
        self._barren: set[str] = set()  # ids of pieces that lie nowhere: their row is damaged
        self._whole_at = self._saved_at = time.monotonic()
        self._fault = Fault("the index of like pieces is not brought up to date")
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._keep_up, name="nearest", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self, timeout_seconds: float = 2.0) -> None:
        """Stop and save. It may be called though it was never started."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)

    def __len__(self) -> int:
        """Pieces that can be found."""
        return sum(map(len, list(self._shards.values())))

    def like(self, piece_id: str, limit: int) -> list[tuple[str, float]]:
        """Ids of the nearest pieces, nearest first, and how far off they are.

        The distance is 1 - cosine: 0 is the same direction, 1 unrelated, 2 opposite. It is empty
        for a piece that is not there or that no model made.

        Raises:
            RecordError: the piece's row is damaged.
            DatabaseError: the database cannot be read.
        """
        piece = queries.piece(self._database, piece_id)
        vector = None if piece is None else centre(piece)
        if piece is None or vector is None:
            return []
        shards = self._shards.get(_model_of(piece, vector))
        if shards is None:
            return []
        found = shards.near(vector, limit + SPARE)
        ids = self._ids([key for key, _ in found])
        near = [(ids[key], distance) for key, distance in found if key in ids]
        return [(other, distance) for other, distance in near if other != piece_id][:limit]

    def step(self) -> bool:
        """Look at the next part of the catalogue; whether there is more.

        Raises:
            DatabaseError: the database cannot be read.
            OSError: a file cannot be written.
        """
        if not self._shards:
            self._open()
        entries = self._entries()
        if not entries:
            self._sweep_ended()
            return False
        missing = self._missing([place for place in entries if place[1] not in self._barren])
        todo = missing[:STEP_PIECES]
        self._put_in([piece_id for _, piece_id in todo])
        self._place = todo[-1] if len(todo) < len(missing) else entries[-1]
        return True

    def save(self) -> None:
        """
        Raises:
            OSError: a file cannot be written.
        """
        for shards in self._shards.values():
            shards.save()
        self._saved_at = time.monotonic()

    def _keep_up(self) -> None:
        rest_seconds = 0.0
        while not self._closing.wait(rest_seconds):
            began = time.monotonic()
            try:
                has_more = self.step()
                if began - self._saved_at > SAVE_SECONDS:
                    self.save()
            # Broad, because nothing else would bring this thread back: it supervises itself.
            except Exception as error:
                known = isinstance(error, StorageError | OSError)
                self._fault.begins(str(error) if known else repr(error))
                has_more = False
            else:
                self._fault.ends()
            rest_seconds = REST * (time.monotonic() - began) if has_more else IDLE_SECONDS
        with suppress(OSError):  # the next start puts it in again
            self.save()

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        folders = [path for path in self._folder.iterdir() if _MODEL.fullmatch(path.name)]
        self._shards = {
            path.name: Shards(path, int(path.name.rpartition("-")[2])) for path in folders
        }

    def _entries(self) -> list[_Place]:
        query = sa.select(_entry.dated, _entry.piece_id).where(_entry.origin == "sampled")
        if self._place is not None:
            dated, piece_id = self._place
            after = sa.tuple_(sa.literal(dated, tables.UtcDateTime), sa.literal(piece_id))
            query = query.where(sa.tuple_(_entry.dated, _entry.piece_id) > after)
        query = query.order_by(_entry.dated, _entry.piece_id).limit(STEP_ENTRIES)
        with self._database.reading() as connection:
            return [(row.dated, row.piece_id) for row in connection.execute(query)]

    def _missing(self, entries: list[_Place]) -> list[_Place]:
        keys = np.array([key_of(piece_id) for _, piece_id in entries], np.uint64)
        missing = np.ones(len(keys), bool)
        for shards in self._shards.values():
            missing &= shards.missing(keys)
        return [entry for entry, is_missing in zip(entries, missing, strict=True) if is_missing]

    def _put_in(self, ids: list[str]) -> None:
        query = sa.select(tables.pieces).where(tables.pieces.c.id.in_(ids))
        with self._database.reading() as connection:
            found = [dict(row) for row in connection.execute(query).mappings()]
        for row in found:
            try:
                piece = rows.from_row(row)
            except RecordError as error:
                logger.warning("left out of the index of like pieces: %s", error)
                self._barren.add(row["id"])
                continue
            if (vector := centre(piece)) is None:
                self._barren.add(piece.id)
                continue
            self._shards_of(_model_of(piece, vector), len(vector)).add(key_of(piece.id), vector)

    def _shards_of(self, model: str, size: int) -> Shards:
        if model not in self._shards:
            self._shards[model] = Shards(self._folder / model, size)
        return self._shards[model]

    def _sweep_ended(self) -> None:
        if time.monotonic() - self._whole_at > WHOLE_SECONDS:
            self._place, self._whole_at = None, time.monotonic()
        elif self._place is not None:
            dated, piece_id = self._place
            self._place = dated - OVERLAP, piece_id

    def _ids(self, keys: Collection[int]) -> dict[int, str]:
        """Of those that still have a row."""
        if not keys:
            return {}
        column = tables.pieces.c.id
        spans = [column.between(f"{key:016x}0000", f"{key:016x}ffff") for key in keys]
        with self._database.reading() as connection:
            ids = connection.execute(sa.select(column).where(sa.or_(*spans))).scalars()
            return {key_of(piece_id): piece_id for piece_id in ids}


def key_of(piece_id: str) -> int:
    """The first 64 of the 80 bits of an id: enough to tell pieces apart."""
    return int(piece_id[:16], 16)


def _model_of(piece: Piece, vector: np.ndarray) -> str:
    return f"{piece.weights_sha256[:16] or 'unknown'}-{len(vector)}"
