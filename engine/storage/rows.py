"""Between facts, Arrow tables and data frames: what is written is checked here, what is read is made plain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pandas as pd
import pyarrow as pa

from engine.errors import InputError
from engine.facts import Fact, Window, all_kinds, columns_of, table_of

UTC_COLUMNS = {"occurred_at", "as_of", "expires_at", "send_after"}
"""The moments of the facts; every other time is local wall time."""

_MOMENT = pa.timestamp("us")
_WINDOW = pa.struct([("weekday", pa.uint8()), ("starts", pa.time64("us")), ("ends", pa.time64("us"))])
_PLAIN = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    date: pa.date32(),
    datetime: _MOMENT,
}


@cache
def columns_and_types(kind: type[Fact]) -> dict[str, Any]:
    """Name the Arrow type of every column that a fact kind fills, ``occurred_at`` first."""
    hints = get_type_hints(kind)
    return {name: _type_of(hints[name]) for name in columns_of(kind)}


def tables_of(facts: Iterable[Fact], entry_no: int, recorded_at: datetime, actor_id: str) -> dict[str, pa.Table]:
    """Lay facts of any kinds out as one Arrow table per kind: ``resident_registered`` -> its rows.

    Raises
    ------
    InputError
        When something is no fact, ``occurred_at`` has no time zone, a local time has one, or a value is of a
        wrong type.
    """
    kinds = set(all_kinds())
    by_kind: dict[type[Fact], list[Fact]] = {}
    for fact in facts:
        by_kind.setdefault(type(fact), []).append(fact)
    if strangers := by_kind.keys() - kinds:
        raise InputError(f"Not a kind of fact: {', '.join(sorted(kind.__name__ for kind in strangers))}.")
    head = {
        "entry_no": pa.scalar(entry_no, pa.int64()),
        "recorded_at": pa.scalar(recorded_at.astimezone(UTC).replace(tzinfo=None), _MOMENT),
        "actor_id": pa.scalar(actor_id, pa.string()),
    }
    return {
        table_of(kind): pa.table(
            {name: pa.repeat(value, len(rows)) for name, value in head.items()}
            | {name: _column(kind, name, [getattr(row, name) for row in rows]) for name in columns_of(kind)}
        )
        for kind, rows in by_kind.items()
    }


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Turn a query's answer into a data frame of plain types: days as ``datetime64``, decimals as floats."""
    for i, column in enumerate(table.schema):
        if pa.types.is_decimal(column.type):
            table = table.set_column(i, column.name, table[i].cast(pa.float64()))
        elif pa.types.is_date(column.type):
            table = table.set_column(i, column.name, table[i].cast(_MOMENT))
    frame: pd.DataFrame = table.to_pandas()
    return frame


def naive_utc(value: Any) -> Any:
    """Turn an aware moment into the naive UTC the store keeps; leave everything else as it is."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def _type_of(hint: Any) -> Any:
    if isinstance(hint, UnionType):
        hint = next(option for option in get_args(hint) if option is not type(None))
    if get_origin(hint) is tuple:
        return pa.list_(_WINDOW if get_args(hint)[0] is Window else pa.string())
    return _PLAIN[hint]


def _column(kind: type[Fact], name: str, values: Sequence[Any]) -> Any:
    wanted = columns_and_types(kind)[name]  # type: ignore[arg-type]
    where = f"{table_of(kind)}.{name}"
    try:
        if wanted == _MOMENT:
            return _times(where, name in UTC_COLUMNS, values)
        if wanted == pa.list_(_WINDOW):
            values = [[_window(where, window) for window in windows] for windows in values]
        return pa.array(values, wanted)
    except (pa.ArrowException, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise InputError(f"{where} takes {wanted}: {error}") from error


def _times(where: str, is_utc: bool, values: Sequence[datetime | None]) -> Any:
    for value in values:
        if value is not None and (value.tzinfo is not None) != is_utc:
            expected = "a time zone" if is_utc else "local wall time, without a time zone"
            raise InputError(f"{where}: {value.isoformat()} must have {expected}.")
    if is_utc:
        return pa.array(values, pa.timestamp("us", tz="UTC")).cast(_MOMENT)
    return pa.array(values, _MOMENT)


def _window(where: str, window: Window) -> dict[str, Any]:
    if not 1 <= window.weekday <= 7 or window.starts >= window.ends:
        raise InputError(f"{where}: {window} must have a weekday from 1 to 7 and end after it starts.")
    return {"weekday": window.weekday, "starts": window.starts, "ends": window.ends}
