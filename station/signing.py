"""The station's key: what it says of its pieces is signed, and anybody can check that.

`station-keys.json` is a JWK set (RFC 7517) in the storage folder: first the Ed25519 key that signs
now, with its private half, then the public halves of those before it, so that what they signed
can still be checked. It is made at the first start, and replaced only by `latentfm key --rotate`.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from station.errors import SigningKeyError

KEYS_FILE = "station-keys.json"
ALGORITHM = "Ed25519"  # RFC 9864; before it the same signature went under "EdDSA"
SIGNATURE_TYPE = "provenance+ld+json"  # `typ` in the header: nothing else is signed with the key


@dataclass(frozen=True, slots=True)
class StationKeys:
    """The key that signs, and those that did before."""

    current: OKPKey
    former: tuple[OKPKey, ...] = ()  # public halves, the newest first

    @property
    def name(self) -> str:
        """The `kid` of the key that signs: its thumbprint (RFC 7638)."""
        return str(self.current.kid)

    def sign(self, payload: bytes) -> str:
        """A compact JWS (RFC 7515). The same bytes give the same signature."""
        header = {"alg": ALGORITHM, "kid": self.name, "typ": SIGNATURE_TYPE}
        return jws.serialize_compact(header, payload, self.current, algorithms=[ALGORITHM])

    def public(self) -> dict[str, Any]:
        """All public keys, as a JWK set."""
        return {"keys": [_public(key) for key in (self.current, *self.former)]}


def verified(signed: str, public: dict[str, Any]) -> bytes:
    """The payload of a compact JWS that one of the keys of a JWK set signed.

    Raises:
        ValueError: it is not signed by any of them, or was altered.
    """
    try:
        keys = KeySet([OKPKey.import_key(row) for row in public["keys"]])
        found = jws.deserialize_compact(signed, keys, algorithms=[ALGORITHM])
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"this was not signed with these keys: {error}") from error
    return bytes(found.payload)


def ensure_keys(folder: Path) -> StationKeys:
    """The keys in the folder; a first one is made where there is none.

    Raises:
        SigningKeyError: the file is damaged, and was left as it is; or it cannot be written.
    """
    path = folder / KEYS_FILE
    if not path.exists():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            partial = _written(path, StationKeys(_new_key()))
            # A link never takes the place of another file, however many servers start at once.
            with contextlib.suppress(FileExistsError):
                os.link(partial, path)
            partial.unlink()
        except OSError as error:
            raise SigningKeyError(path, f"it cannot be made: {error}") from error
    return load_keys(folder)


def load_keys(folder: Path) -> StationKeys:
    """
    Raises:
        SigningKeyError: there are none, or the file is damaged.
    """
    path = folder / KEYS_FILE
    try:
        rows = json.loads(path.read_text())["keys"]
        keys = [OKPKey.import_key(row) for row in rows]
        if not keys or not keys[0].is_private or any(key.curve_name != "Ed25519" for key in keys):
            raise ValueError("its first key is not the private half of an Ed25519 key")
        for key, row in zip(keys, rows, strict=True):
            if row["kid"] != key.thumbprint():
                raise ValueError(f"key {row['kid']} was altered")
    except OSError as error:
        raise SigningKeyError(path, f"it cannot be read: {error}") from error
    except (ValueError, KeyError, TypeError, JoseError) as error:
        raise SigningKeyError(path, f"it holds no keys: {error}") from error
    return StationKeys(keys[0], tuple(keys[1:]))


def rotate(folder: Path) -> StationKeys:
    """Sign with a new key from now on; the public half of the old one stays published.

    Raises:
        SigningKeyError: there is no key yet, the file is damaged, or cannot be written.
    """
    old = load_keys(folder)
    former = OKPKey.import_key(_public(old.current))
    new = StationKeys(_new_key(), (former, *old.former))
    path = folder / KEYS_FILE
    try:
        _written(path, new).replace(path)
    except OSError as error:
        raise SigningKeyError(path, f"it cannot be written: {error}") from error
    return new


def _new_key() -> OKPKey:
    return OKPKey.generate_key(
        "Ed25519", parameters={"use": "sig", "alg": ALGORITHM}, auto_kid=True
    )


def _public(key: OKPKey) -> dict[str, Any]:
    return dict(key.as_dict(private=False))


def _written(path: Path, keys: StationKeys) -> Path:
    """The keys in a file beside their place, which only its owner reads, safe on the disk."""
    rows: Sequence[dict[str, Any]] = [
        dict(keys.current.as_dict(private=True)),
        *map(_public, keys.former),
    ]
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"keys": rows}, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    return partial
