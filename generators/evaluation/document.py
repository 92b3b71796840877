"""A report as a document: sections of text, tables and plots, as Markdown and as one HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from generators.evaluation.plots import NEUTRAL
from generators.pages import render


@dataclass(frozen=True, slots=True)
class Table:
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]  # the first cell names the row, the others are figures
    words: bool = False  # the others are words too
    folded: bool = False  # in HTML: shown when asked for

    def __post_init__(self) -> None:
        uneven = [row for row in self.rows if len(row) != len(self.head)]
        if uneven:
            raise ValueError(f"{len(self.head)} columns, but a row of {len(uneven[0])}")


@dataclass(frozen=True, slots=True)
class Plot:
    name: str  # of its file, without ".svg"
    caption: str
    svg: str

    @property
    def inline(self) -> Markup:
        """To stand in a page as it is, in the page's own ink, light or dark."""
        return Markup(self.svg[self.svg.index("<svg") :].replace(NEUTRAL, "currentColor"))


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    text: tuple[str, ...]  # paragraphs, plain words
    tables: tuple[Table, ...] = ()
    plots: tuple[Plot, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    summary: tuple[str, ...]  # one point each
    sections: Sequence[Section]

    def markdown(self) -> str:
        """With the plots as links to `plots/NAME.svg`."""
        return render("report.md.j2", document=self)

    def html(self) -> str:
        """With the plots inside: the page asks nobody for anything."""
        return render("report.html.j2", document=self)
