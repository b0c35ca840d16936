"""Sealing of what may be read about a person, under a key of their own; nothing here knows of a database.

Each person has a random 256-bit data key that seals their details and notes (AES-256-GCM). The data key itself
is sealed under the pilot's master key, which is never in the database. Every box is bound to the id it belongs
to, so that ciphertexts cannot be swapped between persons. Destroying the data key erases the person.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring_ascii
from pathlib import Path
from typing import Any

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pandas import DataFrame

from engine.errors import InputError, StoreError

KEY_VARIABLE = "MIKRO_KEY"
DETAILS = ("name", "phone", "email", "address", "lat", "lon")
_KEY_BYTES = 32
_NONCE_BYTES = 12
_MASTER = "master"


def new_key() -> bytes:
    """Draw a random 32-byte key."""
    return AESGCM.generate_key(bit_length=8 * _KEY_BYTES)


def key_file(database: Path) -> Path:
    """Name the file that holds the master key of a pilot: ``<db>.key`` beside it."""
    return database.with_name(database.name + ".key")


def find_master_key(database: Path) -> bytes | None:
    """Read the master key from ``MIKRO_KEY``, else from the key file; ``None`` when there is neither.

    Raises
    ------
    StoreError
        When what is found cannot be read, or is not 32 bytes in base64.
    """
    text, origin = os.environ.get(KEY_VARIABLE), KEY_VARIABLE
    if not text:
        path = key_file(database)
        if not path.exists():
            return None
        origin = str(path)
        try:
            text = path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"The key in {origin} cannot be read: {error}.") from error
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise StoreError(f"The key in {origin} is not 32 bytes in base64.")
    return key


def make_master_key(database: Path) -> bytes:
    """Find the master key, or draw one and write the key file (mode 0600); an existing key is never replaced.

    Raises
    ------
    StoreError
        When the file cannot be written, or the key that exists is not a valid one.
    """
    found = find_master_key(database)
    if found is not None:
        return found
    key, path = new_key(), key_file(database)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(base64.b64encode(key).decode() + "\n")
    except OSError as error:
        raise StoreError(f"The key file {path} cannot be written: {error.strerror}.") from error
    return key


def derived_key(master: bytes, purpose: str) -> bytes:
    """Derive the 32-byte key of one purpose (HKDF-SHA256); it tells nothing of the master key or of other purposes."""
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=f"mikro {purpose}".encode()).derive(master)


def seal(key: bytes, text: bytes, *owner: str) -> bytes:
    """Encrypt ``text`` under ``key``, bound to ``owner``: a 12-byte nonce, then AES-256-GCM's box."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, text, _bound_to(owner))


def unseal(key: bytes, box: bytes, *owner: str) -> bytes:
    """Decrypt what :func:`seal` made for the same owner.

    Raises
    ------
    StoreError
        When the key is another one, or the box was changed or belongs to another owner.
    """
    try:
        return AESGCM(key).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], _bound_to(owner))
    except (InvalidTag, ValueError) as error:
        raise StoreError(
            f"The key does not fit: the identity of {' / '.join(owner)} cannot be read with it, "
            f"or the record was changed. Check {KEY_VARIABLE} and the .key file of the pilot."
        ) from error


def seal_key_check(master: bytes) -> bytes:
    """Seal a known text, so that a wrong master key is noticed when the pilot is opened."""
    return seal(master, _MASTER.encode(), _MASTER)


def verify_key(master: bytes, check: bytes, where: str) -> None:
    """Refuse a master key that is not the one the pilot was made with.

    Raises
    ------
    StoreError
        When the key does not fit.
    """
    try:
        unseal(master, check, _MASTER)
    except StoreError as error:
        raise StoreError(
            f"The key does not fit {where}: it was made with another one. Check {KEY_VARIABLE} and the .key file."
        ) from error


def seal_people(master: bytes, people: Mapping[str, Mapping[str, Any]], known: DataFrame) -> pa.Table:
    """Seal the details of persons, each under the key they have, or a new one.

    Parameters
    ----------
    people
        resident_id -> details, DETAILS or fewer.
    known
        ``resident_id`` and ``wrapped_key`` of those among them who have a key.

    Returns
    -------
    Table
        ``resident_id``, ``wrapped_key``, ``sealed``.

    Raises
    ------
    InputError
        When there are other details than DETAILS, or one that is neither text nor number.
    StoreError
        When the master key does not fit.
    """
    wrapped_keys = dict(zip(known["resident_id"], known["wrapped_key"], strict=True))
    rows = []
    for resident_id, details in people.items():
        text = _text_of(resident_id, details)
        if resident_id in wrapped_keys:
            wrapped_key = wrapped_keys[resident_id]
            key = _data_key(master, resident_id, wrapped_key)
        else:
            key = new_key()
            wrapped_key = seal(master, key, "key", resident_id)
        rows.append((resident_id, wrapped_key, seal(key, text, "person", resident_id)))
    return _table(["resident_id", "wrapped_key", "sealed"], rows)


def unseal_people(master: bytes, sealed: DataFrame) -> list[dict[str, Any]]:
    """Read persons from ``resident_id``, ``wrapped_key``, ``sealed``: their id and every name of DETAILS.

    Raises
    ------
    StoreError
        When the key does not fit or a row belongs to somebody else.
    """
    return [
        {"resident_id": resident_id}
        | json.loads(unseal(_data_key(master, resident_id, wrapped_key), box, "person", resident_id).decode())
        for resident_id, wrapped_key, box in _rows(sealed, ["resident_id", "wrapped_key", "sealed"])
    ]


def seal_notes(master: bytes, known: DataFrame, notes: Iterable[tuple[str, str, str, str]]) -> pa.Table:
    """Seal free texts about persons under the keys they have (``resident_id``, ``wrapped_key`` in ``known``).

    Raises
    ------
    InputError
        When a person has no key.
    StoreError
        When the master key does not fit.
    """
    wrapped = dict(zip(known["resident_id"], known["wrapped_key"], strict=True))
    rows = []
    for note_id, resident_id, subject, text in notes:
        if resident_id not in wrapped:
            raise InputError(f"Nothing is kept about {resident_id!r}, so no note can be: register the resident first.")
        key = _data_key(master, resident_id, wrapped[resident_id])
        rows.append((note_id, resident_id, subject, seal(key, text.encode(), "note", resident_id, note_id)))
    return _table(["note_id", "resident_id", "subject", "sealed"], rows)


def unseal_notes(master: bytes, sealed: DataFrame) -> list[tuple[str, str, str]]:
    """Read notes from ``note_id``, ``resident_id``, ``wrapped_key``, ``sealed``: note_id, resident_id, text.

    Raises
    ------
    StoreError
        When the key does not fit or a row belongs to somebody else.
    """
    columns = ["note_id", "resident_id", "wrapped_key", "sealed"]
    return [
        (
            note_id,
            resident_id,
            unseal(_data_key(master, resident_id, wrapped_key), box, "note", resident_id, note_id).decode(),
        )
        for note_id, resident_id, wrapped_key, box in _rows(sealed, columns)
    ]


def _text_of(resident_id: str, details: Mapping[str, Any]) -> bytes:
    if unknown := details.keys() - set(DETAILS):
        raise InputError(f"Unknown personal details {sorted(unknown)}; known are {', '.join(DETAILS)}.")
    for name, value in details.items():
        if value is not None and not isinstance(value, float | int if name in {"lat", "lon"} else str):
            # The value itself is personal and stays out of messages.
            raise InputError(f"The {name} of {resident_id!r} cannot be a {type(value).__name__}.")
    return json.dumps({name: details.get(name) for name in DETAILS}, ensure_ascii=False).encode()


def _data_key(master: bytes, resident_id: str, wrapped_key: bytes) -> bytes:
    return unseal(master, wrapped_key, "key", resident_id)


def _rows(table: DataFrame, columns: list[str]) -> Iterable[tuple[Any, ...]]:
    return zip(*(table[column].tolist() for column in columns), strict=True)


def _table(columns: list[str], rows: list[tuple[Any, ...]]) -> pa.Table:
    types = [pa.binary() if name in {"wrapped_key", "sealed"} else pa.string() for name in columns]
    by_column = zip(*rows, strict=True) if rows else [()] * len(columns)
    return pa.table([pa.array(values, kind) for values, kind in zip(by_column, types, strict=True)], names=columns)


def _bound_to(owner: tuple[str, ...]) -> bytes:
    # JSON keeps ("a", "bc") and ("ab", "c") apart; json.dumps takes five times as long, for ten thousand persons twice.
    return f"[{', '.join(map(encode_basestring_ascii, owner))}]".encode()
