"""The whole evaluation of a tiny model: the report, its music, the card, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pretty_midi
import pytest

from generators.card import CARD, FIGURES
from generators.corpus import Corpus
from generators.errors import GeneratorError
from generators.evaluation.document import Document, Section, Table
from generators.evaluation.examination import Examination, examine
from generators.evaluation.report import check_output, write_report
from generators.evaluation_settings import EvaluationSettings
from generators.model import MusicVAE
from generators.weights import open_model, save_model
from station.cli import run

FEW = EvaluationSettings(windows=16, pairs=2, samples=12, candidates=3)
SMALL = ["--windows=16", "--pairs=2", "--samples=12", "--candidates=3"]


@pytest.fixture(scope="module")
def corpus_path(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "corpus.npz"
    corpus.save(path)
    return path


@pytest.fixture(scope="module")
def model_path(model: MusicVAE, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    save_model(model, path, {"name": "tiny"})
    return path


@pytest.fixture(scope="module")
def found(model_path: Path, corpus_path: Path) -> Examination:
    return examine(open_model(model_path), corpus_path, FEW)


@pytest.fixture(scope="module")
def report(found: Examination, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reports") / "report"
    write_report(found, path)
    return path


def timeless(figures: dict[str, Any]) -> dict[str, Any]:
    return {**figures, "environment": {**figures["environment"], "seconds": 0}}


def evaluate(*arguments: object) -> int:
    return run(never, ["evaluate", *map(str, arguments)])


async def never(*_: object) -> None:
    raise AssertionError("evaluating does not go on air")


def test_equal_seeds_give_equal_figures(
    found: Examination, model_path: Path, corpus_path: Path
) -> None:
    again = examine(open_model(model_path), corpus_path, FEW)
    assert timeless(again.figures) == timeless(found.figures)
    assert again.examples == found.examples


def test_every_number_is_kept_as_json(found: Examination, report: Path) -> None:
    assert json.loads((report / FIGURES).read_text()) == found.figures


def test_there_are_twenty_examples_to_listen_to(report: Path) -> None:
    files = sorted((report / "samples").glob("*.mid"))
    assert len(files) >= 20
    drums = [pretty_midi.PrettyMIDI(str(file)).instruments[-1].is_drum for file in files[:5]]
    assert all(drums)


def test_the_page_asks_nobody_for_anything(report: Path) -> None:
    page = re.sub(r'xmlns(:\w+)?="[^"]*"', "", (report / "report.html").read_text())
    assert "http" not in page
    assert not re.search(r"<(script|link|img|iframe)\b|@import|url\((?!#)", page)
    assert page.count("<svg") == 5


def test_the_markdown_links_plots_that_are_there(report: Path) -> None:
    plots = re.findall(r"\]\((plots/[^)]+)\)", (report / "report.md").read_text())
    assert len(plots) == 5
    assert all((report / plot).is_file() for plot in plots)


def test_the_sections_answer_the_four_questions(report: Path) -> None:
    titles = re.findall(r"^## (.+)", (report / "report.md").read_text(), re.MULTILINE)
    assert titles[:4] == [
        "Reconstruction",
        "Interpolation",
        "Samples against held-out music",
        "Nearest training neighbours",
    ]


def test_choosing_raises_the_critics_score(found: Examination) -> None:
    scores = found.figures["statistics"]["scores"]
    assert scores["best"] > scores["one"]


def test_a_report_is_replaced_by_the_next(found: Examination, report: Path) -> None:
    (report / "plots" / "old.svg").write_text("")
    write_report(found, report)
    assert not (report / "plots" / "old.svg").exists()
    assert not report.with_name("report.partial").exists()


def test_a_folder_with_other_things_is_left_alone(found: Examination, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("")
    with pytest.raises(GeneratorError, match="name another folder"):
        write_report(found, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_is_no_folder_for_a_report(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("")
    with pytest.raises(GeneratorError, match="is a file"):
        check_output(tmp_path / "report")


def test_words_of_others_stay_words_in_both_reports() -> None:
    table = Table("a|b", ("x", "<b>"), (("*y*_", "<script>"),))
    document = Document("<i>", ("a_b",), [Section("s", ("<p>",), (table,))])
    assert "<script>" not in document.html()
    assert "&lt;script&gt;" in document.html()
    assert r"| \*y\*\_ | \<script\> |" in document.markdown()


def test_the_command_writes_the_report_and_the_card(
    model_path: Path, corpus_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "report"
    arguments = ("--model", model_path, "--corpus", corpus_path, "-o", output, "--card", *SMALL)
    assert evaluate(*arguments) == 0
    assert "Mean overlap" in capsys.readouterr().out
    assert "## Evaluation" in (model_path / CARD).read_text()
    assert (model_path / FIGURES).read_text() == (output / FIGURES).read_text()


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ("--windows=0", "windows must be 1 or more"),
        ("--samples=1", "samples must be 2 or more"),
        ("--temperature=0", "temperature must be above 0"),
        ("--threads=0", "--threads must be above 0"),
    ],
)
def test_what_cannot_be_measured_is_said_at_once(
    option: str, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--model", tmp_path, "--corpus", tmp_path, "-o", tmp_path / "report", option)
    assert evaluate(*arguments) == 1
    assert complaint in capsys.readouterr().err
