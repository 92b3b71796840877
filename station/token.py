"""The operator's token: made at the first start, shown once, kept only as a hash."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

TOKEN_FILE = "operator-token.sha256"
TOKEN_BYTES = 24


def new_token(folder: Path) -> str:
    """Make a token; the one before it is worth nothing from now on."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / (TOKEN_FILE + ".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(_hash(token) + "\n")
    partial.replace(folder / TOKEN_FILE)
    return token


def has_token(folder: Path) -> bool:
    return (folder / TOKEN_FILE).is_file()


def is_token(folder: Path, token: str) -> bool:
    """Is this the operator's token? Never, while there is none."""
    try:
        expected = (folder / TOKEN_FILE).read_text().strip()
    except OSError:
        return False
    return hmac.compare_digest(_hash(token), expected)


def _hash(token: str) -> str:
    # A plain hash is enough: 192 random bits cannot be guessed, however fast the hash.
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()
