"""The audit tells who did, read and was refused what, to those who may know, and forgets nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from every_fact import one_of
from small_pilot import ADA, ADA_AT_HOME, MILK, RUT
from typer.testing import CliRunner

from engine import facts
from engine.access import give_role, looking
from engine.commands import accounts
from engine.commands.options import Mikro
from engine.errors import AccessDenied, InputError
from engine.storage.audit import audit_log, verify_log
from engine.storage.migrations import sql_of
from engine.store import Store

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
VISIT = {"visit_id": "x", "request_id": "milk", "volunteer_id": "Ada"}


class Clock:
    """A clock that moves an hour with every entry."""

    def __init__(self):
        self.now = MONDAY - timedelta(hours=1)

    def __call__(self):
        self.now += timedelta(hours=1)
        return self.now


@pytest.fixture(scope="module")
def week():
    """Give a pilot in which Rut and Ada were registered, met, and were read about by two coordinators."""
    store = Store.in_memory(clock=Clock())
    with store.transaction("anna", "register") as transaction:  # 1
        transaction.append([RUT, ADA_AT_HOME, ADA])
        transaction.put_people({"rut": {"name": "Rut Berg"}, "ada": {"name": "Ada Ek"}})
        transaction.put_notes([("n", "rut", "milk", "rings twice")])
    for actor, kind, fields in [
        ("anna", facts.RequestSubmitted, {name: getattr(MILK, name) for name in facts.columns_of(type(MILK))}),  # 2
        ("lisa", facts.VisitAgreed, VISIT),  # 3
        ("lisa", facts.VisitEnded, {"visit_id": "x"}),  # 4
        ("lisa", facts.PolicyAdopted, {}),  # 5
    ]:
        with store.transaction(actor, "step") as transaction:
            transaction.append([one_of(kind, **fields)])
    with store.transaction("lisa", "call") as transaction:  # 6
        transaction.person("rut", "call back")
        transaction.notes("milk", "before the visit")
    with store.transaction("anna", "extract") as transaction:  # 7
        transaction.people("proof")
        transaction.append([one_of(facts.ExtractMade)])
    give_role(store, "cli", "boss", "admin")  # 8
    give_role(store, "boss", "lead", "lead")  # 9
    with pytest.raises(AccessDenied), looking(store, "eve", "match"):  # 10
        pass
    yield store
    store.close()


def lines(store, **asked):
    rows = audit_log(store, "lead", **asked)
    return rows[["entry_no", "kind", "subject", "purpose"]].astype(object).where(rows.notna(), None).values.tolist()


def test_everything_that_was_done_read_and_refused_is_told_in_order(week):
    rows = audit_log(week, "lead")

    assert rows["entry_no"].tolist() == [1, 2, 3, 4, 5, 6, 6, 7, 7, 8, 9, 10]
    assert rows["kind"].tolist() == ["did"] * 5 + ["read"] * 2 + ["did", "read", "did", "did", "refused"]
    assert rows["facts"].iloc[0] == "2 resident_registered, 1 volunteer_registered"
    assert rows["facts"].iloc[7] == "1 extract_made"
    assert rows["actor_id"].tolist()[:6] == ["anna", "anna", "lisa", "lisa", "lisa", "lisa"]
    assert rows["recorded_at"].is_monotonic_increasing


def test_a_reading_says_whom_and_why_and_a_refusal_what(week):
    assert lines(week)[5:9] == [
        [6, "read", "rut", "notes: before the visit"],
        [6, "read", "rut", "person: call back"],
        [7, "did", None, None],
        [7, "read", "*", "person: proof"],
    ]
    assert lines(week)[-1] == [10, "refused", "eve", "match"]


def test_one_account_is_followed(week):
    assert [line[0] for line in lines(week, account_id="lisa")] == [3, 4, 5, 6, 6]


def test_one_person_is_followed_through_requests_and_visits_and_every_reading_of_everybody(week):
    assert [line[:2] for line in lines(week, resident_id="rut")] == [
        [1, "did"], [2, "did"], [3, "did"], [4, "did"], [6, "read"], [6, "read"], [7, "read"],
    ]  # fmt: skip


def test_a_volunteer_is_followed_by_who_they_are(week):
    assert [line[:2] for line in lines(week, resident_id="ada")] == [[1, "did"], [3, "did"], [4, "did"], [7, "read"]]


def test_somebody_nobody_knows_was_read_with_everybody_only(week):
    assert lines(week, resident_id="nobody") == [[7, "read", "*", "person: proof"]]


def test_a_period_begins_with_its_first_moment_and_ends_before_its_last(week):
    third, fifth = (audit_log(week, "lead")["recorded_at"].iloc[i].to_pydatetime().replace(tzinfo=UTC) for i in (2, 4))

    assert [line[0] for line in lines(week, from_at=third, to_at=fifth)] == [3, 4]


def test_readings_alone_are_listed(week):
    assert [line[1] for line in lines(week, reads_only=True)] == ["read"] * 3
    assert lines(week, reads_only=True, account_id="anna") == [[7, "read", "*", "person: proof"]]


def test_a_moment_needs_a_time_zone(week):
    with pytest.raises(InputError, match="needs a time zone"):
        audit_log(week, "lead", from_at=datetime(2026, 3, 2))


@pytest.mark.parametrize("door", [audit_log, verify_log])
def test_the_audit_is_for_lead_and_admin(week, door):
    give_role(week, "boss", "anna", "coordinator", ["1283"])
    for who in ("anna", "eve"):
        with pytest.raises(AccessDenied, match="see who did and who read what"):
            door(week, who)

    assert door(week, "lead") is not None
    assert door(week, "boss") is not None


def test_every_id_of_every_fact_is_among_what_facts_mention():
    text = sql_of("state/mentions")
    followed = {"resident", "volunteer", "request", "visit", "run", "offer", "series", "incident", "erasure", "message"}
    for kind in facts.all_kinds():
        for column in facts.columns_of(kind):
            named = column.removesuffix("_id")
            if column.endswith("_id") and named in followed:
                said = f"'{facts.table_of(kind)}' as fact,\n        '{named}' as kind,\n        {column} as id"
                assert said in text, (kind.__name__, column)


# The command line.


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "pilot.duckdb"
    store = Store.create(path)
    with store.transaction("anna", "register") as transaction:
        transaction.append([RUT])
        transaction.put_people({"rut": {"name": "Rut Berg"}})
    with store.transaction("anna", "call") as transaction:
        transaction.person("rut", "call back")
    return path


def run(app, *arguments):
    result = CliRunner().invoke(app, list(map(str, arguments)))
    return result.exit_code, result.stdout, result.stderr


def told(app, *arguments):
    code, stdout, stderr = run(app, *arguments, "--json")
    assert (code, stderr) == (0, "")
    return json.loads(stdout)


@pytest.fixture
def log_app():
    import typer

    app = typer.Typer(cls=Mikro)
    app.registered_commands += accounts.app.registered_commands
    app.callback()(lambda: None)
    return app


def test_roles_are_given_listed_and_withdrawn(path):
    app = accounts.roles
    assert run(app, "list", "--db", path)[2].startswith("No role was ever given")

    assert run(app, "give", "boss", "admin", "--db", path)[1] == "boss is admin now.\n"
    given = told(
        app,
        "give",
        "anna",
        "coordinator",
        "--municipality",
        "1283",
        "--municipality",
        "1260",
        "--db",
        path,
        "--actor",
        "boss",
    )
    assert given == {"account_id": "anna", "role": "coordinator", "municipality_codes": ["1283", "1260"]}
    assert run(app, "list", "--db", path, "--actor", "boss")[1] == "anna  coordinator  Helsingborg, Bjuv\nboss  admin\n"
    assert told(app, "withdraw", "anna", "--db", path, "--actor", "boss") == {"account_id": "anna", "role": None}
    assert [row["account_id"] for row in told(app, "list", "--db", path, "--actor", "boss")] == ["boss"]


def test_what_is_refused_is_one_sentence_and_exit_code_one(path):
    run(accounts.roles, "give", "boss", "admin", "--db", path)

    code, stdout, stderr = run(accounts.roles, "give", "eve", "admin", "--db", path, "--actor", "eve")

    assert (code, stdout) == (1, "")
    assert stderr.startswith("mikro: eve has no role in this pilot")
    assert stderr.count("\n") == 1


def test_nobody_acts_as_a_link_from_the_command_line(path):
    code, _, stderr = run(accounts.roles, "list", "--db", path, "--actor", "link:offer-1")

    assert code == 2
    assert "'link:offer-1' is not an account" in " ".join(stderr.split())


def test_the_log_is_shown_and_printed_as_json(path, log_app):
    shown = run(log_app, "log", "--db", path)[1]
    assert "1 resident_registered" in shown
    assert "read rut (person: call back)" in shown

    [read] = told(log_app, "log", "--db", path, "--reads", "--resident", "rut")
    assert (read["entry_no"], read["actor_id"], read["purpose"]) == (2, "anna", "person: call back")
    assert datetime.fromisoformat(read["recorded_at"]).tzinfo == UTC
    assert told(log_app, "log", "--db", path, "--account", "eve") == []
    assert [row["entry_no"] for row in told(log_app, "log", "--db", path, "--last", "1")] == [2]
    assert told(log_app, "log", "--db", path, "--to", "2020-01-01") == []


def test_the_log_is_verified_and_its_head_can_be_kept(path, capsys):
    import typer

    def verified(head=None, as_json=True):
        with pytest.raises(typer.Exit) as ended:
            accounts.verify_log_command(path, "cli", head, as_json)
        text = capsys.readouterr().out
        return ended.value.exit_code, json.loads(text) if as_json else text

    code, first = verified()
    assert (code, first["is_whole"], first["faults"], first["n_entries"], first["n_facts"]) == (0, True, [], 2, 2)
    assert verified(first["head"])[0] == 0
    with Store(path).transaction("eve", "tamper") as transaction:
        transaction._cursor.execute("update facts.resident_registered set birth_year = 1950")

    code, second = verified(first["head"])

    assert code == 1
    assert [(fault["entry_no"], fault["table"]) for fault in second["faults"]] == [(1, "resident_registered")]
    assert "A row of resident_registered written in entry 1 was changed." in verified(as_json=False)[1]
