"""A research extract laid out as a pilot again, so that a replay reads it like a live one.

What an extract tells in whole hours happens on the hour; what it does not tell is assumed, here and nowhere else:
places (``extracted_people.py``); blocks, wishes and absences, of which there are none; when a request was taken back
(an hour after the last run or offer that named it), when a proposal was decided on (when it was offered, else with its
run), when an offer was closed (with the yes to another, else at its end).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from engine import facts
from engine.errors import InputError
from engine.facts import Fact
from engine.lifecycle import rows_of
from engine.policy import TABLES as POLICY_TABLES
from engine.policy import Policy
from engine.research.extract_tables import GENERAL, tables
from engine.store import Store
from simulations.replay.extracted_people import Tables, people_facts

HOUR = timedelta(hours=1)
ACTOR = "extract"

TURNS: dict[type[Fact], int] = {
    facts.VisitEnded: 1,
    facts.OfferAnswered: 2,
    facts.VisitAgreed: 2,
    facts.OfferClosed: 2,
    facts.VolunteerLeft: 3,
    facts.RequestWithdrawn: 3,
    facts.RunMade: 4,
    facts.ProposalMade: 4,
    facts.RequestUnmatched: 4,
    facts.ProposalDecided: 5,
    facts.OfferSent: 6,
}
"""In which order things of one hour are written down; what people do, which is not named here, is known first."""


def pilot_of_extract(folder: Path) -> Store:
    """Lay an extract out as a pilot in memory.

    Raises
    ------
    InputError
        When the folder holds no extract.
    """
    read = _read(folder)
    log = _log(read)
    by_turn: dict[tuple[datetime, int], list[Fact]] = {}
    for fact in log:
        by_turn.setdefault((fact.occurred_at, TURNS.get(type(fact), 0)), []).append(fact)
    now = [log[0].occurred_at]
    store = Store.in_memory(clock=lambda: now[0])
    with store.held():
        for turn in sorted(by_turn):
            now[0] = turn[0]
            with store.transaction(ACTOR, "lay out") as transaction:
                seen = transaction.entry_no - 1
                transaction.append(
                    replace(fact, input_entry_no=seen) if isinstance(fact, facts.RunMade) else fact
                    for fact in by_turn[turn]
                )
    return store


def _read(folder: Path) -> dict[str, pd.DataFrame]:
    read = {}
    for table in tables():
        path = folder / f"{table.name}.parquet"
        if not path.is_file():
            raise InputError(f"{folder} holds no research extract: {path.name} is missing.")
        read[table.name] = pq.read_table(path).to_pandas()
    if read["requests"].empty or read["runs"].empty:
        raise InputError(f"The extract in {folder} holds no request or no run: there is nothing to replay.")
    return read


def _log(read: Tables) -> list[Fact]:
    begins = _utc(min(read["requests"]["requested_at"].min(), read["runs"]["as_of"].min())) - HOUR
    moments = [read["runs"]["as_of"], read["offers"]["sent_at"], read["answers"]["answered_at"],
               read["outcomes"]["ended_at"], read["requests"]["requested_at"]]  # fmt: skip
    ends = _utc(max(column.max() for column in moments if len(column)))
    log = people_facts(read, begins, ends)
    log += [*_requests(read), *_taken_back(read, ends), *_policies(read), *_runs(read), *_decisions(read)]
    log += [*_offers(read), *_closed(read, ends), *_answers(read), *_visits(read)]
    return sorted(log, key=lambda fact: fact.occurred_at)


def _requests(read: Tables) -> Iterator[Fact]:
    for row in rows_of(read["requests"]):
        languages = row["languages"] or ""
        known = () if GENERAL in languages else tuple(code for code in languages.split(";") if code)
        names = ("request_id", "resident_id", "service", "minutes", "earliest_at", "latest_at", "volunteers_needed")
        yield facts.RequestSubmitted(
            occurred_at=_utc(row["requested_at"]),
            **{name: row[name] for name in names},
            urgency=row["urgency"],
            languages=known,
            series_id=row["series_id"],
        )


def _taken_back(read: Tables, ends: datetime) -> Iterator[Fact]:
    runs = read["proposals"].merge(read["runs"][["run_id", "as_of"]], on="run_id")
    named = pd.concat([runs.set_index("request_id")["as_of"], read["offers"].set_index("request_id")["sent_at"]])
    last = named.groupby(level=0).max()
    ended = read["visits"].merge(read["outcomes"], on="visit_id")
    called_off = ended[ended["outcome"] == "cancelled"].groupby("request_id")["ended_at"].max()
    for row in rows_of(read["requests"]):
        request_id = row["request_id"]
        if row["status"] not in ("withdrawn", "cancelled"):
            continue
        sign = max(_utc(last.get(request_id, row["requested_at"])), _utc(row["requested_at"])) + HOUR
        at = _utc(called_off[request_id]) if request_id in called_off.index else min(sign, ends)
        yield facts.RequestWithdrawn(occurred_at=at, request_id=request_id)


def _texts(read: Tables) -> dict[str, Policy]:
    """Make the policies anew from their numbers."""
    names = read["policies"].drop_duplicates("fingerprint").set_index("fingerprint")["policy"]
    made = {}
    for fingerprint, numbers in read["policy_numbers"].groupby("fingerprint"):
        value = numbers.set_index(["part", "number"])["value"]
        parts = {
            part: kind(**{f.name: _typed(f.type, value[part, f.name]) for f in fields(kind)})
            for part, kind in POLICY_TABLES.items()
        }
        made[str(fingerprint)] = Policy(name=str(names[fingerprint]), **parts, content="")
    return made


def _policies(read: Tables) -> Iterator[Fact]:
    made = _texts(read)
    for row in rows_of(read["policies"]):
        if not pd.isna(row["adopted_at"]):
            policy = made[row["fingerprint"]]
            yield facts.PolicyAdopted(
                occurred_at=_utc(row["adopted_at"]),
                policy=policy.name,
                fingerprint=policy.fingerprint,
                content=policy.text,
                reason="extract",
            )


def _runs(read: Tables) -> Iterator[Fact]:
    made = _texts(read)
    minutes = read["requests"].set_index("request_id")["minutes"]
    at = {}
    for row in rows_of(read["runs"]):
        at[row["run_id"]] = _utc(row.pop("as_of"))
        policy = made[row["fingerprint"]]
        yield facts.RunMade(
            occurred_at=at[row["run_id"]],
            as_of=at[row["run_id"]],
            policy=policy.name,
            content=policy.text,
            seed=0,
            input_hash="",
            input_entry_no=0,
            **row,
        )
    for row in rows_of(read["proposals"].drop(columns=["decision", "reason_code"])):
        yield facts.ProposalMade(
            occurred_at=at[row["run_id"]],
            ends_at=_ends(row, minutes),
            travel_minutes=None,
            minutes=None,
            value=None,
            value_distance=None,
            **row | {"distance_km": _km(row["distance_km"])},
        )
    for row in rows_of(read["unmatched"]):
        yield facts.RequestUnmatched(occurred_at=at[row["run_id"]], **row)


def _decisions(read: Tables) -> Iterator[Fact]:
    pair = ["run_id", "request_id", "volunteer_id"]
    decided = read["proposals"].dropna(subset=["decision"]).merge(read["runs"][["run_id", "as_of"]], on="run_id")
    offered = read["offers"].dropna(subset=["run_id"]).groupby(pair)["sent_at"].min().rename("sent_at")
    for row in rows_of(decided.join(offered, on=pair)):
        at = row["as_of"] if pd.isna(row["sent_at"]) else row["sent_at"]
        names = (*pair, "decision", "reason_code")
        yield facts.ProposalDecided(occurred_at=_utc(at), **{name: row[name] for name in names})


def _offers(read: Tables) -> Iterator[Fact]:
    minutes = read["requests"].set_index("request_id")["minutes"]
    for row in rows_of(read["offers"]):
        names = ("offer_id", "request_id", "volunteer_id", "starts_at", "run_id")
        yield facts.OfferSent(
            occurred_at=_utc(row["sent_at"]),
            **{name: row[name] for name in names},
            ends_at=_ends(row, minutes),
            minutes=int(minutes[row["request_id"]]),
            distance_km=_km(row["distance_km"]),
            expires_at=_utc(row["expires_at"]),
        )


def _closed(read: Tables, ends: datetime) -> Iterator[Fact]:
    answers = read["answers"]
    yeses = answers[answers["response"] == "accepted"].groupby("request_id")["answered_at"].agg(list)
    for row in rows_of(read["offers"][read["offers"]["status"] == "closed"]):
        later = [_utc(at) for at in yeses.get(row["request_id"], []) if at >= row["sent_at"]]
        at = min([*later, _utc(row["expires_at"]), ends])
        yield facts.OfferClosed(occurred_at=at, offer_id=row["offer_id"], reason_code="filled")


def _answers(read: Tables) -> Iterator[Fact]:
    for row in rows_of(read["answers"]):
        yield facts.OfferAnswered(occurred_at=_utc(row.pop("answered_at")), **row)


def _visits(read: Tables) -> Iterator[Fact]:
    minutes = read["requests"].set_index("request_id")["minutes"]
    for row in rows_of(read["visits"]):
        yield facts.VisitAgreed(
            occurred_at=_utc(row.pop("agreed_at")),
            ends_at=_ends(row, minutes),
            minutes=int(minutes[row["request_id"]]),
            **row,
        )
    for row in rows_of(read["outcomes"]):
        taken = None if pd.isna(row["minutes"]) else int(row["minutes"])
        yield facts.VisitEnded(occurred_at=_utc(row.pop("ended_at")), **row | {"minutes": taken})


def _ends(row: dict[str, Any], minutes: pd.Series) -> datetime:
    ends: datetime = row["starts_at"] + timedelta(minutes=int(minutes[row["request_id"]]))
    return ends


def _utc(moment: Any) -> datetime:
    return pd.Timestamp(moment).to_pydatetime().replace(tzinfo=UTC)


def _km(distance: Any) -> float | None:
    return None if pd.isna(distance) else float(distance)


def _typed(kind: Any, value: float) -> float | int | bool:
    as_kind: dict[str, type[float | int | bool]] = {"int": int, "bool": bool, "float": float}
    return as_kind[str(kind)](value)
