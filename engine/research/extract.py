"""The research extract: what happened in a pilot, without anybody in it.

Tables are read, described coarsely, given pseudonyms under a key that is thrown away, written to a folder of their own,
read back and searched (``leaks.py``). Only then does the folder get its name.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from engine.access import acting
from engine.errors import InputError
from engine.facts import ExtractMade
from engine.intake import EVER
from engine.policy import Policy
from engine.research import extract_words
from engine.research.anonymity import K, Pseudonyms, generalised, told_languages
from engine.research.extract_tables import LABEL, OTHER, Column, Table, tables
from engine.research.leaks import Secrets, must_not_leak, secrets_of
from engine.storage import durable

if TYPE_CHECKING:
    from engine.store import Reading, Store

PARENTS = ("resident", "volunteer", "request", "visit")
"""What a row may only name when it is in the extract itself."""

_TYPES = {
    "whole": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "day": pa.timestamp("us"),
    "hour": pa.timestamp("us"),
}


@dataclass(frozen=True, slots=True)
class Extract:
    """An extract that was written and proved.

    Parameters
    ----------
    n_rows
        By table.
    n_suppressed
        Residents left out because even the coarsest description would have singled them out.
    """

    extract_id: str
    folder: Path
    n_rows: dict[str, int]
    n_suppressed: int
    content_hash: str


def write_extract(store: Store, actor_id: str, folder: Path, as_of: datetime | None = None) -> Extract:
    """Write a pseudonymised extract of all that had happened by ``as_of`` (UTC; default now) to a new folder.

    Raises
    ------
    AccessDenied
        When the account may not.
    InputError
        When the folder exists already, or cannot be written.
    LeakError
        When something about a person was found in it; nothing is left on the disk.
    """
    folder = Path(folder).absolute()
    if folder.exists():
        raise InputError(f"{folder} exists already; an extract is written to a new folder.")
    as_of = (as_of or store.clock()).astimezone(UTC)
    with acting(store, actor_id, "extract") as (transaction, _):
        read = _read(transaction, as_of)
        wanted = secrets_of(transaction.people("extract proof"))
    told = generalised(read["residents"])
    n_suppressed = len(read["residents"]) - len(told)
    content = _made_fit(read, told, Pseudonyms())
    extract_id = f"extract-{secrets.token_hex(6)}"
    made = _written(folder, content, wanted, extract_words.Made(extract_id, as_of, n_suppressed, K))
    with acting(store, actor_id, "extract") as (transaction, _):
        fact = ExtractMade(
            occurred_at=transaction.recorded_at,
            extract_id=extract_id,
            n_residents=len(told),
            content_hash=_hash_of(made),
        )
        transaction.append([fact])
    made.rename(folder)
    durable.flush_folder(folder.parent)
    n_rows = {name: len(table) for name, table in content.items()}
    return Extract(extract_id, folder, n_rows, n_suppressed, fact.content_hash)


def _read(reading: Reading, as_of: datetime) -> dict[str, pd.DataFrame]:
    """Read every table as it is in the store; only the columns of the extract are asked for."""
    moment: dict[str, Any] = {"as_of": as_of, "as_of_year": as_of.year, "ever": EVER}
    names = [table.name for table in tables() if table.name != "policy_numbers"]
    read = {name: reading.query(f"extract/{name}", **moment) for name in names}
    known = read["policies"].drop_duplicates("fingerprint")
    read["policy_numbers"] = pd.DataFrame(
        [
            (fingerprint, part, number, float(value))
            for fingerprint, content in known[["fingerprint", "content"]].itertuples(index=False)
            for part, numbers in Policy.from_text(content).numbers().items()
            for number, value in numbers.items()
        ],
        columns=["fingerprint", "part", "number", "value"],
    )
    return read


def _made_fit(read: Mapping[str, pd.DataFrame], told: pd.DataFrame, pseudonyms: Pseudonyms) -> dict[str, pd.DataFrame]:
    """Leave out who is not told of, with all that is theirs; describe coarsely; replace every id."""
    spoken = told.set_index("resident_id")["languages"]
    published: dict[str, set[str]] = {}
    fit = {}
    for table in tables():
        rows = told if table.name == "residents" else read[table.name]
        for column in table.columns:
            if column.of in published:
                rows = rows[rows[column.name].isna() | rows[column.name].isin(published[column.of])]
        if table.name == "requests":
            rows = rows.assign(languages=told_languages(rows["languages"], rows["resident_id"].map(spoken)))
        if (what := table.columns[0].of) in PARENTS and table.key == (f"{what}_id",):
            published.setdefault(what, set(rows[f"{what}_id"]))
        fit[table.name] = _row_order_broken(
            pd.DataFrame({column.name: _plain(column, rows[column.name], pseudonyms) for column in table.columns})
        )
    return fit


def _plain(column: Column, values: pd.Series[Any], pseudonyms: Pseudonyms) -> pd.Series[Any]:
    if column.kind == "id":
        return pseudonyms.of(column.of, values)
    if column.kind == "code":
        return values.map(lambda text: _known_codes(column, text), na_action="ignore")
    if column.kind == "label":
        return values.map(lambda text: text if LABEL.fullmatch(text) else OTHER, na_action="ignore")
    return values


def _known_codes(column: Column, text: str) -> str:
    return ";".join(sorted({code if code in column.known else OTHER for code in text.split(";")}))


def _row_order_broken(rows: pd.DataFrame) -> pd.DataFrame:
    """Sort by pseudonym: the order of ids would tell who was registered when."""
    return rows.sort_values(list(rows.columns), ignore_index=True)


def _written(folder: Path, content: Mapping[str, pd.DataFrame], wanted: Secrets, made: extract_words.Made) -> Path:
    """Write the extract beside its place and prove it; whatever goes wrong, nothing is left."""
    fresh = folder.with_name(f".{folder.name}.{made.extract_id}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir(mode=0o700)
        for table in tables():
            _write_table(fresh / f"{table.name}.parquet", table, content[table.name])
        package = extract_words.data_package(fresh, made, {name: len(rows) for name, rows in content.items()})
        (fresh / "datapackage.json").write_text(json.dumps(package, indent=2) + "\n", encoding="utf-8")
        (fresh / "README.md").write_text(extract_words.readme(made), encoding="utf-8")
        must_not_leak(fresh, tables(), wanted)
        for path in fresh.iterdir():
            durable.flush(path)
    except BaseException as error:  # Ctrl-C too
        shutil.rmtree(fresh, ignore_errors=True)
        if isinstance(error, OSError):
            raise InputError(f"{folder} cannot be written: {error.strerror}.") from error
        raise
    return fresh


def _write_table(path: Path, table: Table, rows: pd.DataFrame) -> None:
    """Write plain values: no dictionary and no compression, so that a search of the bytes sees everything."""
    schema = pa.schema([(column.name, _TYPES.get(column.kind, pa.string())) for column in table.columns])
    columns = [pa.array(rows[field.name], field.type, from_pandas=True) for field in schema]
    pq.write_table(pa.table(columns, schema), path, compression="none", use_dictionary=False)


def _hash_of(folder: Path) -> str:
    """Hash every file with its name, in the order of the names."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(f"{path.name}\x1f{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
