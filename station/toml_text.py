"""Settings as TOML text: what Python's library reads and does not write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def to_toml(data: Mapping[str, Any]) -> str:
    """The text that `tomllib.loads` makes the same data of.

    Raises:
        TypeError: TOML has no such value; None for one.
    """
    return "\n".join(_table((), data)).strip("\n") + "\n"


def _table(path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    """First its own values, then the tables in it, for those have headings."""
    for key, value in table.items():
        if not _is_table(value) and not _is_tables(value):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in table.items():
        below = (*path, key)
        heading = ".".join(map(_key, below))
        if _is_table(value):
            if not value or not all(_is_table(v) or _is_tables(v) for v in value.values()):
                yield f"\n[{heading}]"  # else those of the tables in it say it
            yield from _table(below, value)
        elif _is_tables(value):
            for each in value:
                yield f"\n[[{heading}]]"
                yield from _table(below, each)


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(map(_is_table, value))


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    """As JSON writes it, but for the one control character that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return _string(value)
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
    raise TypeError(f"TOML has no {type(value).__name__}: {value!r}")
