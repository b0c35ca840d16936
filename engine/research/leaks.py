"""The proof of an extract: nothing that the pilot knows of a person occurs in any file of it.

The files are read back from the disk. Every cell is held to what its column may hold, and the raw bytes are searched
for names, phones, e-mails, addresses and exact places of everybody in the store.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from struct import pack
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from engine.errors import EngineError
from engine.research.extract_tables import FINGERPRINT, LABEL, OTHER, PSEUDONYM, Column, Table

NAME_LENGTH_MIN = 3
PHONE_DIGITS_MIN = 7
BYTES_MIN = 6
"""Shorter strings turn up in numbers by chance; cells are searched for them word by word."""

PLACE_DECIMALS_MIN = 3
"""A coordinate with fewer is no exact place (110 m), and an ordinary number."""

_PATTERNS = {"id": PSEUDONYM, "fingerprint": FINGERPRINT, "label": LABEL}
_BAND = re.compile(r"\*|[0-9]{4}|[0-9]{1,2}-[0-9]{1,2}|[0-9]{2}\+|([a-z]{2,3};)*[a-z]{2,3}|")


class LeakError(EngineError):
    """An extract would have told who somebody is; nothing of it was left on the disk."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What may not occur in an extract.

    Parameters
    ----------
    words
        Single names of at least three letters, in small letters.
    texts
        Whole names, phones, e-mails and addresses, in small letters.
    numbers
        Exact coordinates, and phones as numbers.
    raw
        The same as bytes, as a file would hold them.
    """

    words: frozenset[str]
    texts: frozenset[str]
    numbers: frozenset[float]
    raw: frozenset[bytes]


def secrets_of(people: pd.DataFrame) -> Secrets:
    """Collect what may not occur from ``name``, ``phone``, ``email``, ``address``, ``lat`` and ``lon`` of everybody."""
    texts, words, phones, places = set(), set(), set(), set()
    for person in people.to_dict("records"):
        name, phone, email, address = (str(person[key] or "") for key in ("name", "phone", "email", "address"))
        words |= {word for word in words_of(name) if len(word) >= NAME_LENGTH_MIN}
        street = [part for part in address.split(",") if any(map(str.isdigit, part))]
        digits = "".join(filter(str.isdigit, phone))
        phones |= {digits} if len(digits) >= PHONE_DIGITS_MIN else set()
        texts |= {" ".join(text.split()) for text in (name, phone, email, address, digits, *street)}
        places |= {float(place) for place in (person["lat"], person["lon"]) if _is_exact(place)}
    longer = {text for text in texts if len(text.encode()) >= BYTES_MIN} | {repr(place) for place in places}
    return Secrets(
        frozenset(words),
        frozenset(text.casefold() for text in longer),
        frozenset(places | {float(digits) for digits in phones}),
        frozenset({text.encode() for text in longer} | {pack("<d", place) for place in places}),
    )


def must_not_leak(folder: Path, tables: Iterable[Table], secrets: Secrets) -> None:
    """Read an extract back and prove that it tells nobody.

    Raises
    ------
    LeakError
        With the first table and column in which something was found; not with what.
    """
    for table in tables:
        path = folder / f"{table.name}.parquet"
        read = pq.read_table(path).to_pandas()
        if list(read.columns) != [column.name for column in table.columns]:
            raise LeakError(f"{path.name} has other columns than the extract may have; nothing was written.")
        for column in table.columns:
            if what := _found_in(column, read[column.name].dropna(), secrets):
                raise LeakError(f"The extract was not written: {what} is in {table.name}.{column.name}.")
    for path in sorted(folder.iterdir()):
        if (at := first_of(path.read_bytes(), secrets.raw)) is not None:
            raise LeakError(f"The extract was not written: something about a person is in {_where(path, at)}.")


def first_of(content: bytes, wanted: Iterable[bytes]) -> int | None:
    """Find the first place in which any of many byte strings (of 4 bytes or more) begins."""
    by_start: dict[int, list[bytes]] = defaultdict(list)
    for text in wanted:
        by_start[int.from_bytes(text[:4], "little")].append(text)
    if len(content) < 4 or not by_start:
        return None
    data = np.frombuffer(content, dtype=np.uint8).astype(np.uint32)
    starts = data[:-3] | data[1:-2] << 8 | data[2:-1] << 16 | data[3:] << 24
    for at in np.flatnonzero(np.isin(starts, np.array(list(by_start), dtype=np.uint32))):
        if any(content.startswith(text, at) for text in by_start[int(starts[at])]):
            return int(at)
    return None


def words_of(text: str) -> Iterator[str]:
    """Take a text apart into its words, in small letters."""
    return (word.casefold() for word in re.findall(r"[^\W\d_]+", text))


def _found_in(column: Column, values: pd.Series[Any], secrets: Secrets) -> str:
    """Say what a column holds that it may not, or nothing."""
    if column.kind in ("day", "hour"):
        return "" if pd.api.types.is_datetime64_dtype(values) or values.empty else "something that is no time"
    if column.kind in ("whole", "number", "flag"):
        return "an exact place or a phone number" if not secrets.numbers.isdisjoint(values.astype(float)) else ""
    texts = set(values)
    if column.kind == "code":
        known = {*column.known, OTHER}
        return "" if {code for text in texts for code in text.split(";")} <= known else "a word that is no known code"
    pattern = _PATTERNS.get(column.kind, _BAND)
    if not all(pattern.fullmatch(text) for text in texts):
        return "something of another form"
    # Pseudonyms and fingerprints can only be told from names by their form; the rest are words.
    if column.kind == "label" and any(_is_secret(text, secrets) for text in texts):
        return "a name"
    return ""


def _is_secret(text: str, secrets: Secrets) -> bool:
    plain = text.casefold()
    return not secrets.words.isdisjoint(words_of(text)) or any(secret in plain for secret in secrets.texts)


def _is_exact(place: Any) -> bool:
    return place is not None and not pd.isna(place) and round(place, PLACE_DECIMALS_MIN - 1) != place


def _where(path: Path, at: int) -> str:
    """Name the column of a Parquet file whose bytes stand at a place, or the file."""
    if path.suffix == ".parquet":
        metadata = pq.read_metadata(path)
        for group in range(metadata.num_row_groups):
            for nth in range(metadata.num_columns):
                chunk = metadata.row_group(group).column(nth)
                if chunk.data_page_offset <= at < chunk.data_page_offset + chunk.total_compressed_size:
                    return f"{path.stem}.{chunk.path_in_schema}"
    return path.name
