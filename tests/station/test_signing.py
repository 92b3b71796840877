"""The station's key: made once, never lost by us, and of use to strangers."""

from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from station.errors import SigningKeyError
from station.signing import KEYS_FILE, StationKeys, ensure_keys, load_keys, rotate, verified


@pytest.fixture
def keys(tmp_path: Path) -> StationKeys:
    return ensure_keys(tmp_path / "data")


def test_the_first_start_makes_a_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    ensure_keys(tmp_path / "data")
    [file] = (tmp_path / "data").iterdir()
    assert (file.name, stat.S_IMODE(file.stat().st_mode)) == (KEYS_FILE, 0o600)


def test_the_next_start_has_the_same_key(tmp_path: Path) -> None:
    assert ensure_keys(tmp_path).name == ensure_keys(tmp_path).name


def test_what_was_signed_comes_back_with_the_public_key_alone(keys: StationKeys) -> None:
    assert verified(keys.sign(b"a statement"), keys.public()) == b"a statement"


def test_the_same_words_have_the_same_signature(keys: StationKeys) -> None:
    assert keys.sign(b"words") == keys.sign(b"words")


def test_an_altered_statement_is_found_out(keys: StationKeys) -> None:
    head, _, signature = keys.sign(b"by me").split(".")
    forged = base64.urlsafe_b64encode(b"by you").rstrip(b"=").decode()
    with pytest.raises(ValueError, match="not signed with these keys"):
        verified(f"{head}.{forged}.{signature}", keys.public())


def test_another_station_is_not_believed(keys: StationKeys, tmp_path: Path) -> None:
    other = ensure_keys(tmp_path / "other")
    with pytest.raises(ValueError, match="not signed with these keys"):
        verified(other.sign(b"words"), keys.public())


def test_a_private_half_is_never_published(keys: StationKeys) -> None:
    assert all("d" not in key for key in keys.public()["keys"])


def test_what_an_old_key_signed_is_still_believed_after_rotation(tmp_path: Path) -> None:
    old = ensure_keys(tmp_path)
    signed = old.sign(b"words")
    first, second = rotate(tmp_path), rotate(tmp_path)
    assert len({old.name, first.name, second.name}) == 3
    assert verified(signed, load_keys(tmp_path).public()) == b"words"


def test_only_the_newest_private_half_is_kept(tmp_path: Path) -> None:
    ensure_keys(tmp_path)
    rotate(tmp_path)
    rows = json.loads((tmp_path / KEYS_FILE).read_text())["keys"]
    assert ["d" in row for row in rows] == [True, False]


@pytest.mark.parametrize("text", ["", "{}", '{"keys": []}', '{"keys": [{"kty": "OKP"}]}', "\0"])
def test_a_damaged_file_is_refused_and_left_alone(text: str, tmp_path: Path) -> None:
    (tmp_path / KEYS_FILE).write_text(text)
    for use in (ensure_keys, load_keys, rotate):
        with pytest.raises(SigningKeyError, match="Put the file of a backup in its place"):
            use(tmp_path)
    assert (tmp_path / KEYS_FILE).read_text() == text


def test_a_key_with_another_name_on_it_is_refused(tmp_path: Path) -> None:
    ensure_keys(tmp_path)
    file = json.loads((tmp_path / KEYS_FILE).read_text())
    file["keys"][0]["kid"] = "mine"
    (tmp_path / KEYS_FILE).write_text(json.dumps(file))
    with pytest.raises(SigningKeyError, match="key mine was altered"):
        load_keys(tmp_path)


def test_a_key_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")
    with pytest.raises(SigningKeyError, match="cannot be made"):
        ensure_keys(tmp_path / "data")


def test_openssl_verifies_what_the_station_signed(keys: StationKeys, tmp_path: Path) -> None:
    head, payload, signature = keys.sign(b"a statement").split(".")
    public = _decoded(keys.public()["keys"][0]["x"])
    prefix = bytes.fromhex("302a300506032b6570032100")  # of an Ed25519 key in DER, RFC 8410
    (tmp_path / "key.der").write_bytes(prefix + public)
    (tmp_path / "signed").write_bytes(f"{head}.{payload}".encode())
    (tmp_path / "signature").write_bytes(_decoded(signature))
    command = "openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey key.der -in signed"
    made = subprocess.run(
        [*command.split(), "-sigfile", "signature"],
        cwd=tmp_path,
        env=os.environ | {"LC_ALL": "C"},
        capture_output=True,
        text=True,
    )
    assert "Signature Verified Successfully" in made.stdout, made.stderr


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
