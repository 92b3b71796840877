"""Which sound font is played, and what is said about a bad one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from renderer import soundfont
from renderer.errors import SoundFontError
from renderer.soundfont import find_soundfont, installed_soundfonts, read_soundfont
from tests.tiny_font import write_font


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


def test_each_installed_font_is_found_once(font: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sf2"
    folder.mkdir()
    for name in ("FluidR3_GM", "default-GM"):
        (folder / f"{name}.sf2").symlink_to(font)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(soundfont, "USUAL_FOLDERS", (folder,))
        assert [each.path.name for each in installed_soundfonts()] == ["FluidR3_GM.sf2"]


def test_a_font_knows_its_presets(tmp_path: Path) -> None:
    found = read_soundfont(write_font(tmp_path / "few.sf2", [(0, 0), (0, 40), (128, 25)]))
    assert found.has(40)
    assert not found.has(41)
    assert found.has(25, is_drums=True)
    assert not found.has(0, is_drums=True)


def test_the_usual_font_has_all_of_general_midi(font: Path) -> None:
    assert all(read_soundfont(font).has(program) for program in range(128))


def test_a_font_says_whose_it_is(tmp_path: Path) -> None:
    path = tmp_path / "b.sf2"
    write_font(path, INAM="Bells", ICOP="Ada 2001", IENG="Bob", ICMT="Loud. Licence: CC BY.")
    found = read_soundfont(path)
    assert (found.name, found.credits, found.licence) == ("Bells", "Ada 2001", "Licence: CC BY.")


@pytest.mark.parametrize(
    "comment", ["under the MIT License", "Public Domain", "CC0 by me", "GPLv2+", "CC-BY-SA"]
)
def test_a_licence_is_known_by_its_name(tmp_path: Path, comment: str) -> None:
    assert read_soundfont(write_font(tmp_path / "l.sf2", ICMT=comment)).licence == comment


def test_a_copyright_is_no_licence(tmp_path: Path) -> None:
    font = write_font(tmp_path / "c.sf2", ICOP="Copyright 1999 Acme, all rights reserved")
    assert read_soundfont(font).licence == ""


def test_the_font_that_says_nothing_of_itself_has_its_credits(font: Path) -> None:
    found = read_soundfont(font)
    assert found.licence.startswith("GPL-2")
    assert "Tim Brechbill" in found.credits


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
