"""Which sound font is played, and what is said about a bad one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from renderer import soundfont
from renderer.errors import SoundFontError
from renderer.soundfont import find_soundfont, read_soundfont


def test_a_font_knows_its_name(font: Path) -> None:
    assert read_soundfont(font).name.startswith("TimGM6mb")


def test_the_configured_font_is_taken(font: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.sf2"
    mine.symlink_to(font)
    assert find_soundfont(mine).path == mine


def test_without_any_installed_font_there_is_the_one_in_pretty_midi(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(soundfont, "USUAL_FOLDERS", ())
    assert find_soundfont().path.parent.name == "pretty_midi"


def test_finding_it_does_not_import_pretty_midi() -> None:
    code = "import sys, renderer.soundfont as s; s.find_soundfont(); print(*sys.modules)"
    root = Path(soundfont.__file__).parents[1]
    modules = subprocess.check_output([sys.executable, "-c", code], cwd=root, text=True)
    assert "pretty_midi" not in modules.split()


def test_a_missing_font_is_named_with_the_setting(tmp_path: Path) -> None:
    with pytest.raises(SoundFontError, match=r"no such file.*\[renderer\] soundfont"):
        find_soundfont(tmp_path / "none.sf2")


@pytest.mark.parametrize("data", [b"", b"RIFF", b"not a sound font at all"])
def test_what_is_no_font_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "odd.sf2"
    path.write_bytes(data)
    with pytest.raises(SoundFontError, match="not a sound font"):
        find_soundfont(path)


def test_a_font_cut_short_is_refused(font: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.sf2"
    path.write_bytes(font.read_bytes()[:3_000_000])
    with pytest.raises(SoundFontError, match="cut short: 3000000 of"):
        find_soundfont(path)
