"""The report as a folder: Markdown, one HTML page, plots, every number as JSON, and music.

report.md  report.html  figures.json  plots/*.svg  samples/*.mid
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from generators.card import CARD, FIGURES, card
from generators.errors import GeneratorError
from generators.evaluation.document import Document
from generators.evaluation.examination import Examination
from generators.evaluation.examples import write_examples
from generators.evaluation.sections import document
from generators.weights import ModelFolder

REPORT = "report.md"
PAGE = "report.html"


def write_report(examination: Examination, output: Path) -> Document:
    """Write the report; one that stood there before is replaced as a whole, nothing else is.

    Raises:
        GeneratorError: the folder holds something that is not a report, or cannot be written.
    """
    check_output(output)
    written = document(examination.figures, examination.examples)
    partial = output.with_name(output.name + ".partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        (partial / "plots").mkdir(parents=True)
        for section in written.sections:
            for plot in section.plots:
                (partial / "plots" / f"{plot.name}.svg").write_text(plot.svg, encoding="utf-8")
        (partial / REPORT).write_text(written.markdown(), encoding="utf-8")
        (partial / PAGE).write_text(written.html(), encoding="utf-8")
        (partial / FIGURES).write_text(figures_text(examination.figures), encoding="utf-8")
        write_examples(examination.examples, partial / "samples")
        if output.exists():
            shutil.rmtree(output)
        partial.rename(output)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise GeneratorError(f"cannot write the report to {output}: {error}") from error
    return written


def check_output(output: Path) -> None:
    """Before minutes of measuring: may the report be written there?"""
    if not output.name:
        raise GeneratorError(f"{output} is no folder for a report: name one with -o")
    if output.exists() and not output.is_dir():
        raise GeneratorError(f"{output} is a file: name a folder for the report with -o")
    if output.is_dir() and any(output.iterdir()) and not (output / FIGURES).is_file():
        raise GeneratorError(
            f"{output} holds something that is not a report: name another folder with -o"
        )


def write_card(folder: ModelFolder, figures: Mapping[str, Any]) -> None:
    """Write the model folder's README.md from its facts and these figures, kept beside it."""
    texts = {
        FIGURES: figures_text(figures),
        CARD: card(asdict(folder.config), folder.facts, folder.sha256, figures),
    }
    for name, text in texts.items():
        partial = folder.path / f"{name}.partial"
        try:
            partial.write_text(text, encoding="utf-8")
            partial.replace(folder.path / name)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise GeneratorError(f"cannot write {folder.path / name}: {error}") from error


def figures_text(figures: Mapping[str, Any]) -> str:
    return json.dumps(figures, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
