"""The archive as Parquet: a folder a table, typed columns, lists for notes, bars and latents.

A folder holds parts of some thousand rows, `pieces/part-00000.parquet` and so on, as DuckDB, pandas
and Spark read them together. A part is whole or not there: an export that is taken up again goes
on with the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generators.music import Bar, Note
from storage.columns import TABLES, Sort
from storage.walk import Kept, Kind

if TYPE_CHECKING:
    import pyarrow as pa

VERSION = 1
PART_ROWS = 10_000

_VALUES: Mapping[Sort, Callable[[Any], Any]] = {
    "notes": lambda notes: [_fields(note) for note in notes],
    "bars": lambda bars: [_fields(bar) for bar in bars],
    "latents": list,  # of rows
    "ids": list,
}


class ParquetWriter:
    """Writes a folder of folders of Parquet files."""

    def __init__(self, folder: Path, came_to: Mapping[str, Any]) -> None:
        self._folder = folder
        self._parts: dict[str, int] = dict(came_to.get("parts", {}))  # that are whole, by kind
        self._schemas = {name: _schema(name) for name in TABLES}
        self._open: Any = None  # a pyarrow.parquet.ParquetWriter
        self._rows = 0  # of the part that is open

    def write(self, kind: Kind, records: Sequence[Kept]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = self._schemas[kind.name]
        if self._open is None:
            self._path(kind).parent.mkdir(exist_ok=True)
            self._open = pq.ParquetWriter(self._path(kind), schema, compression="zstd")
        arrays = [
            pa.array([_value(column.sort, column.of(record)) for record in records], field.type)
            for column, field in zip(TABLES[kind.name], schema, strict=True)
        ]
        self._open.write_table(pa.Table.from_arrays(arrays, schema=schema))
        self._rows += len(records)
        if self._rows >= PART_ROWS:
            self._end_part(kind)

    def end(self, kind: Kind) -> None:
        if self._open is None and kind.name not in self._parts:
            self.write(kind, [])  # an empty table says what would be in it
        self._end_part(kind)

    def safe(self) -> dict[str, Any] | None:
        return {"parts": self._parts} if self._open is None else None

    def finish(self, counts: Mapping[str, int]) -> None:
        pass

    def close(self) -> None:
        if self._open is not None:
            self._open.close()

    def _end_part(self, kind: Kind) -> None:
        if self._open is not None:
            self._open.close()
            self._parts[kind.name] = self._parts.get(kind.name, 0) + 1
        self._open, self._rows = None, 0

    def _path(self, kind: Kind) -> Path:
        return self._folder / kind.plural / f"part-{self._parts.get(kind.name, 0):05}.parquet"


def _schema(name: str) -> pa.Schema:
    types = _types()
    fields = [(column.name, types[column.sort]) for column in TABLES[name]]
    import pyarrow as pa

    return pa.schema(fields, {"latentfm.table": name, "latentfm.version": str(VERSION)})


def _types() -> dict[Sort, pa.DataType]:
    import pyarrow as pa  # slow to import, and a station on air never needs it

    note = [("start_step", pa.int32()), ("end_step", pa.int32()), ("pitch", pa.uint8())]
    note += [("velocity", pa.uint8()), ("offset_ticks", pa.int8())]
    bar = [("start", pa.int16()), ("end", pa.int16()), ("t", pa.float64()), ("place", pa.int16())]
    bar += [("take", pa.int32()), ("transpose", pa.int8()), ("rests", pa.string())]
    bar += [("fill", pa.bool_())]
    return {
        "text": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "flag": pa.bool_(),
        "time": pa.timestamp("us", "UTC"),
        "ids": pa.list_(pa.string()),
        "notes": pa.list_(pa.struct(note)),
        "bars": pa.list_(pa.struct(bar)),
        "latents": pa.list_(pa.list_(pa.float32())),
    }


def _fields(value: Note | Bar) -> dict[str, Any]:
    values = {name: getattr(value, name) for name in type(value).__slots__}
    if isinstance(value, Note):
        return {"start_step": values.pop("start"), "end_step": values.pop("end"), **values}
    return values


def _value(sort: Sort, value: Any) -> Any:
    return value if value is None or sort not in _VALUES else _VALUES[sort](value)
