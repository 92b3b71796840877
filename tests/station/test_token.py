"""The operator's token: shown once, kept as a hash."""

from __future__ import annotations

from pathlib import Path

from station.token import TOKEN_FILE, has_token, is_token, new_token


def test_a_new_token_is_the_token(tmp_path: Path) -> None:
    token = new_token(tmp_path)
    assert is_token(tmp_path, token)
    assert not is_token(tmp_path, token + "x")
    assert not is_token(tmp_path, "")


def test_without_a_token_nothing_is_the_token(tmp_path: Path) -> None:
    assert not has_token(tmp_path)
    assert not is_token(tmp_path, "")


def test_a_new_token_ends_the_old(tmp_path: Path) -> None:
    old, new = new_token(tmp_path), new_token(tmp_path)
    assert not is_token(tmp_path, old)
    assert is_token(tmp_path, new)


def test_the_disk_holds_only_a_hash_for_its_owner(tmp_path: Path) -> None:
    folder = tmp_path / "not made yet"
    token = new_token(folder)
    assert [path.name for path in folder.iterdir()] == [TOKEN_FILE]
    assert token not in (folder / TOKEN_FILE).read_text()
    assert (folder / TOKEN_FILE).stat().st_mode & 0o777 == 0o600


def test_an_emptied_file_lets_nobody_in(tmp_path: Path) -> None:
    new_token(tmp_path)
    (tmp_path / TOKEN_FILE).write_text("")
    assert not is_token(tmp_path, "")


def test_a_token_of_odd_characters_is_just_wrong(tmp_path: Path) -> None:
    new_token(tmp_path)
    assert not is_token(tmp_path, "naïve 🎷")
