"""Whatever the docs list is read back from the code, both ways."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast, get_args, get_origin

import pytest
from aiohttp import hdrs
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from station.cli import _parser
from station.programme import Programme
from station.settings import Settings
from web.server import make_app

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def rows(document: str) -> set[str]:
    """What stands in backquotes at the start of each table row, or nothing for a heading row."""
    return set(re.findall(r"^\| `([^`]+)` \|", (DOCS / document).read_text(), re.MULTILINE))


def settings_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every field under its key as a person writes it, down to `stations.<name>.shows.key`."""
    for name, field in model.model_fields.items():
        key = f"{prefix}{name}"
        nested = section_in(field.annotation)
        if nested is None or get_origin(field.annotation) is tuple:  # a list is set as a whole too
            yield key, field
        if nested is not None:
            named = f"{key}.<name>." if name == "stations" else f"{key}."
            yield from settings_of(nested, named)


def section_in(annotation: Any) -> type[BaseModel] | None:
    """The table of settings a type is, or holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := section_in(part))), None)


def routes() -> set[str]:
    """`GET /path` of every route; HEAD goes with GET, and a variable's pattern is left out."""
    stations = {"main": None}
    app = make_app(cast(Programme, SimpleNamespace(stations=stations)))
    found = set()
    for route in app.router.routes():
        resource = route.resource
        if resource is None or route.method == hdrs.METH_HEAD:
            continue
        found.add(f"{route.method} {resource.canonical}")
    return found


def commands(parser: argparse.ArgumentParser, prefix: str = "latentfm") -> Iterator[str]:
    """`latentfm corpus build` and all others."""
    nested = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not any(action.required for action in nested):
        yield prefix
    for action in nested:
        for name, child in action.choices.items():
            yield from commands(child, f"{prefix} {name}")


def test_every_setting_is_in_the_docs() -> None:
    assert rows("settings.md") == {key for key, _ in settings_of(Settings)}


def test_every_default_in_the_docs_is_the_one_in_force() -> None:
    text = (DOCS / "settings.md").read_text()
    written = dict(re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|", text, re.MULTILINE))
    in_force = {key: json.dumps(field.default, default=str) for key, field in settings_of(Settings)}
    compared = {key for key in written if json.loads(written[key]) == json.loads(in_force[key])}
    assert compared == written.keys()


def test_every_route_is_in_the_docs() -> None:
    documented = {row for row in rows("api.md") if re.match(r"[A-Z]+ /", row)}
    assert documented == routes()


def test_every_command_is_in_the_docs() -> None:
    text = (DOCS / "commands.md").read_text()
    documented = set(re.findall(r"^## `(latentfm [a-z -]+)`$", text, re.MULTILINE))
    # The launcher's own command is a script's, not the parser's.
    assert documented - {"latentfm test"} == set(commands(_parser()))


@pytest.mark.parametrize(
    "document",
    [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_links_inside_the_docs_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text()):
        if not re.match(r"[a-z]+:", target):
            assert (document.parent / target).exists(), target
