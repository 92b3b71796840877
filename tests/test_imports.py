"""The rooms know each other downwards only, and each library lives in its own room."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("generators", "renderer", "storage", "station", "web")

# What each room may import of the others: a room, or a module of it.
MAY_IMPORT = {
    "generators": set[str](),
    "renderer": {
        "generators.music",
        "generators.recipe",
        "generators.distance",
        "generators.keys",
    },
    "storage": {"generators.music", "generators.recipe", "generators.walk"},
    "station": {"storage", "renderer", "generators"},
    "web": {
        "station",
        "storage.queries",
        "storage.records",
        "storage.errors",
        "storage.fault",
        "storage.facets",
        "storage.ratings",
        "storage.search",
        "renderer.artwork",
        "renderer.files",
        "renderer.fonts",
        "renderer.formats",
        "renderer.making",
        "renderer.marks",
        "renderer.pcm",
        "renderer.score",
        "renderer.export",
        "renderer.probe",
        "renderer.rasterising",
        "renderer.stems",
        "renderer.instruments",
        "renderer.errors",
        "generators.keys",
        "generators.music",
        "generators.recipe",
    },
}

# Each library and the only rooms that may import it.
LIVES_IN = {
    "torch": {"generators"},
    "safetensors": {"generators"},
    "tqdm": {"generators"},
    "google_crc32c": {"generators"},
    "music21": {"generators", "renderer"},
    "matplotlib": {"generators"},
    "jinja2": {"generators"},
    "markupsafe": {"generators"},
    "pretty_midi": {"generators", "renderer"},
    "fluidsynth": {"renderer"},
    "av": {"renderer"},
    "lameenc": {"renderer"},
    "pydub": {"renderer"},
    "resvg_py": {"renderer"},
    "sqlalchemy": {"storage"},
    "alembic": {"storage"},
    "psycopg": {"storage"},
    "pyarrow": {"storage"},
    "usearch": {"storage"},
    "apscheduler": {"station"},
    "joserfc": {"station"},
    "mido": {"station"},
    "opening_hours": {"station"},
    "pythonosc": {"station"},
    "sounddevice": {"station"},
    "pydantic": {"station"},
    "pydantic_settings": {"station"},
    "aiohttp": {"web"},
    "prometheus_client": {"web"},
    "numpy": {"generators", "renderer", "storage", "station"},
}

# The commands that train: they import torch inside a function, when they are called.
MAY_IMPORT_LAZILY = {
    "station/training_commands.py": {"torch"},
    "station/directions_command.py": {"torch"},
    "station/groove_command.py": {"torch"},
    "station/soundfont_command.py": {"tqdm"},
    "station/progress.py": {"tqdm"},
    "station/rehearsal_plot.py": {"matplotlib"},
}

# These make torch's process or run inside it; nobody else imports them at the top of a file.
TORCH_MODULES = {
    "torch",
    "generators.codec",
    "generators.codec_models",
    "generators.evaluation",
    "generators.find_directions",
    "generators.groove.card",
    "generators.groove.drummer",
    "generators.groove.folder",
    "generators.groove.model",
    "generators.groove.training",
    "generators.model",
    "generators.sampler",
    "generators.training",
}


def files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module a file imports, as `package.module`, wherever in the file it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            module = node.module or ""
            if module in ROOMS:  # `from storage import queries`
                yield from (f"{module}.{alias.name}" for alias in node.names)
            else:
                yield module


def top_level_imports(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imports(ast.Module([node], []))


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_below_it(room: str) -> None:
    allowed = MAY_IMPORT[room]
    for path in files(room):
        for module in imports(parse(path)):
            other = module.split(".")[0]
            if other in ROOMS and other != room:
                named = ".".join(module.split(".")[:2])
                assert other in allowed or named in allowed, f"{path} imports {module}"


@pytest.mark.parametrize("room", ROOMS)
def test_a_library_lives_in_its_own_room(room: str) -> None:
    for path in files(room):
        lazily = MAY_IMPORT_LAZILY.get(str(path.relative_to(ROOT)), set())
        for module in imports(parse(path)):
            library = module.split(".")[0]
            if library in ROOMS or library in sys.stdlib_module_names or library in lazily:
                continue
            assert room in LIVES_IN.get(library, set()), f"{path} imports {library}"


def test_nobody_outside_generators_imports_torch_with_the_file() -> None:
    for room in ("renderer", "storage", "station", "web"):
        for path in files(room):
            found = {
                module
                for module in top_level_imports(parse(path))
                if any(f"{module}.".startswith(f"{heavy}.") for heavy in TORCH_MODULES)
            }
            assert not found, path


def test_every_package_says_what_it_is() -> None:
    for package in {path.parent for room in ROOMS for path in files(room)}:
        assert ast.get_docstring(parse(package / "__init__.py")), package


def test_the_server_starts_without_torch() -> None:
    heavy = ("torch", "pretty_midi", "pydub", "music21", "pyarrow")
    code = f"import sys, web.server; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
