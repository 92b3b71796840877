"""Settings as TOML text."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from station.toml_text import to_toml

_letters = st.characters(exclude_categories=["Cs"])  # all but halves of UTF-16
_values = st.recursive(
    st.text(_letters, max_size=8)
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)
_keys = st.text(_letters, min_size=1, max_size=6)
_tables = st.recursive(
    st.dictionaries(_keys, _values, max_size=4),
    lambda inner: st.dictionaries(_keys, inner | st.lists(inner, min_size=1, max_size=2)),
    max_leaves=5,
)


@settings(max_examples=40, deadline=None)
@given(_tables)
def test_toml_is_read_back_as_it_was(data: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(data)) == data
