"""Pages of prose and tables from templates, as Markdown and HTML: cards and reports."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import jinja2

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: object) -> str:
    """Fill in a template; in HTML every value is escaped."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=lambda name: name is not None and ".html" in name,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"plain": plain, "number": number}
    return made


def plain(text: object) -> str:
    """Text that means itself in Markdown, inside a table too: a file may be called a_b|c.mid."""
    return re.sub(r"([\\`*_|<>\[\]])", r"\\\1", str(text)).replace("\n", " ")


def number(value: float | None, digits: int = 3) -> str:
    """Rounded; a dash for what is undefined."""
    return "–" if value is None or value != value else f"{value:.{digits}f}"
