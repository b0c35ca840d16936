"""What can be read about a person is sealed under a key of their own, bound to their id, and kept out of the file."""

from __future__ import annotations

import ast
import base64
import re
import stat
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from engine.errors import InputError, StoreError
from engine.facts import RequestWithdrawn
from engine.storage import identity
from engine.store import Store

ADA = {"name": "Ada Lovelace", "phone": "070-1740605", "address": "Drottninggatan 1", "lat": 56.05, "lon": 12.7}
KEY = bytes(range(32))


def keep(store, people):
    with store.transaction("anna", "register") as transaction:
        transaction.put_people(people)


def note(store, note_id, resident_id, subject, text):
    with store.transaction("anna", "note") as transaction:
        transaction.put_notes([(note_id, resident_id, subject, text)])


def person(store, resident_id):
    with store.transaction("anna", "look") as transaction:
        return transaction.person(resident_id, "test")


def notes(store, subject):
    with store.transaction("anna", "look") as transaction:
        return transaction.notes(subject, "test")


def people(store):
    with store.transaction("anna", "look") as transaction:
        return transaction.people("test")


def test_a_sealed_text_opens_with_its_key_for_its_owner_only():
    box = identity.seal(KEY, b"secret", "person", "r1")

    assert identity.unseal(KEY, box, "person", "r1") == b"secret"
    for key, changed, owner in [
        (bytes(32), box, ("person", "r1")),
        (KEY, box, ("person", "r2")),
        (KEY, box, ("note", "r1")),
        (KEY, box[:-1] + bytes([box[-1] ^ 1]), ("person", "r1")),
        (KEY, b"", ("person", "r1")),
    ]:
        with pytest.raises(StoreError, match="key does not fit"):
            identity.unseal(key, changed, *owner)


def test_the_same_text_is_never_sealed_the_same_way_twice():
    assert identity.seal(KEY, b"secret", "r1") != identity.seal(KEY, b"secret", "r1")


def test_owners_are_kept_apart_however_their_ids_are_cut():
    box = identity.seal(KEY, b"secret", "a", "bc")

    with pytest.raises(StoreError):
        identity.unseal(KEY, box, "ab", "c")


def test_a_person_is_read_as_kept_and_what_is_unknown_is_none(store):
    keep(store, {"r1": ADA})

    assert person(store, "r1") == ADA | {"email": None}
    assert person(store, "r2") is None


def test_a_person_kept_again_is_replaced_and_their_notes_stay_legible(store):
    keep(store, {"r1": ADA})
    note(store, "n1", "r1", "q1", "rings the bell twice")

    with store.transaction("anna", "move") as transaction:
        transaction.put_people({"r1": {"name": "Ada King"}})
        transaction.put_people({"r1": {"name": "Ada King", "phone": "070-1740606"}})

    assert person(store, "r1") == dict.fromkeys(identity.DETAILS) | {"name": "Ada King", "phone": "070-1740606"}
    assert notes(store, "q1")["text"].tolist() == ["rings the bell twice"]


def test_everybody_is_listed_by_id(store):
    keep(store, {"r2": {"name": "Ben"}, "r1": ADA})

    everybody = people(store)

    assert list(everybody.columns) == ["resident_id", *identity.DETAILS]
    assert everybody[["resident_id", "name"]].values.tolist() == [["r1", "Ada Lovelace"], ["r2", "Ben"]]


def test_thousands_are_kept_at_once(store):
    keep(store, {f"r{i:05}": {"name": f"Resident {i}"} for i in range(10_000)})

    assert people(store)["name"].nunique() == 10_000


def test_notes_are_found_by_their_subject_and_replaced_by_their_id(store):
    keep(store, {"r1": ADA, "r2": {"name": "Ben"}})
    note(store, "n2", "r2", "q1", "second")
    note(store, "n1", "r1", "q1", "first")
    note(store, "n1", "r1", "q1", "first, åter")
    note(store, "n3", "r1", "q2", "other")

    found = notes(store, "q1")

    expected = pd.DataFrame({"note_id": ["n1", "n2"], "resident_id": ["r1", "r2"], "text": ["first, åter", "second"]})
    pd.testing.assert_frame_equal(found, expected)


def test_there_is_no_note_about_somebody_of_whom_nothing_is_kept(store):
    with pytest.raises(InputError, match="register the resident first"):
        note(store, "n1", "r1", "q1", "text")


@pytest.mark.parametrize("details", [{"ssn": "x"}, {"name": 7}, {"lat": "north"}])
def test_other_details_are_refused_without_repeating_them(store, details):
    with pytest.raises(InputError) as refusal:
        keep(store, {"r1": details})

    assert "north" not in str(refusal.value)


def test_names_and_notes_are_not_in_the_files(pilot_path):
    store = Store(pilot_path)
    keep(store, {"r1": ADA})
    note(store, "n1", "r1", "q1", "rings the bell twice")

    with store.held(), store.transaction("anna", "again") as transaction:
        transaction.put_people({"r1": ADA})
    content = b"".join(file.read_bytes() for file in pilot_path.parent.iterdir())

    for canary in (b"Lovelace", b"Drottninggatan", b"070-1740605", b"rings the bell"):
        assert canary not in content


def test_rows_swapped_between_persons_are_noticed(pilot_path):
    keep(Store(pilot_path), {"r1": ADA, "r2": {"name": "Ben"}})
    with duckdb.connect(str(pilot_path)) as connection:
        connection.execute("""
            update identity.person set
                wrapped_key = (select wrapped_key from identity.person where resident_id = 'r1'),
                sealed = (select sealed from identity.person where resident_id = 'r1')
            where resident_id = 'r2'
        """)

    with pytest.raises(StoreError, match="key / r2"):
        person(Store(pilot_path), "r2")


def test_the_key_file_is_for_its_owner_only_and_never_replaced(tmp_path):
    path = tmp_path / "pilot.duckdb"
    Store.create(path)
    key = identity.key_file(path)
    first = key.read_text()
    path.unlink()

    Store.create(path)

    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_text() == first


def test_a_key_in_the_environment_takes_the_place_of_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("MIKRO_KEY", base64.b64encode(KEY).decode())

    store = Store.create(tmp_path / "pilot.duckdb")
    keep(store, {"r1": ADA})

    assert not identity.key_file(tmp_path / "pilot.duckdb").exists()
    assert person(Store(tmp_path / "pilot.duckdb"), "r1")["name"] == "Ada Lovelace"


def test_a_wrong_key_is_noticed_on_opening(pilot_path, monkeypatch):
    monkeypatch.setenv("MIKRO_KEY", base64.b64encode(KEY).decode())

    with pytest.raises(StoreError, match=r"The key does not fit .*: it was made with another one"):
        Store(pilot_path)


@pytest.mark.parametrize("text", ["short", base64.b64encode(b"too short").decode(), "å" * 44])
def test_a_key_that_is_none_is_refused(pilot_path, monkeypatch, text):
    monkeypatch.setenv("MIKRO_KEY", text)

    with pytest.raises(StoreError, match="MIKRO_KEY is not 32 bytes in base64"):
        Store(pilot_path)


def test_without_the_key_facts_are_legible_and_persons_are_not(pilot_path):
    keep(Store(pilot_path), {"r1": ADA})
    identity.key_file(pilot_path).unlink()

    store = Store(pilot_path)

    with store.reading() as reading:
        assert reading.last_entry_no == 1
    with pytest.raises(StoreError, match=r"set MIKRO_KEY, or put the .key file"):
        person(store, "r1")


def reads(store):
    with store.reading() as reading:
        rows = reading.facts_of("identity_read").to_pylist()
    return [(row["actor_id"], row["resident_id"], row["what"], row["purpose"]) for row in rows]


def test_every_reading_of_a_person_is_in_the_log_with_its_purpose(store):
    keep(store, {"r1": ADA, "r2": {"name": "Ben"}})
    note(store, "n1", "r1", "q1", "rings the bell twice")
    note(store, "n2", "r2", "q1", "so does he")

    with store.transaction("lisa", "call") as transaction:
        transaction.person("r1", "call back")
        transaction.person("r9", "mistyped")
        transaction.people("extract proof")
        transaction.notes("q1", "before the visit")

    assert reads(store) == [
        ("lisa", "r1", "person", "call back"),
        ("lisa", "r9", "person", "mistyped"),
        ("lisa", "*", "person", "extract proof"),
        ("lisa", "r1", "notes", "before the visit"),
        ("lisa", "r2", "notes", "before the visit"),
    ]


def test_a_person_read_for_an_intent_that_was_done_already_is_in_the_log_again(store):
    keep(store, {"r1": ADA})

    for _ in range(2):
        with store.transaction("lisa", "send", idempotency_key="send-1") as transaction:
            transaction.append([RequestWithdrawn(occurred_at=transaction.recorded_at, request_id="q1")])
            assert transaction.person("r1", "message")["name"] == "Ada Lovelace"

    assert transaction.already_done
    assert reads(store) == [("lisa", "r1", "person", "message")] * 2
    with store.reading() as reading:
        assert reading.facts_of("request_withdrawn").num_rows == 1
        assert reading.facts_of("entry")["idempotency_key"].to_pylist() == [None, "send-1", None]


def test_what_was_read_in_a_transaction_that_was_undone_is_in_the_log_all_the_same(store):
    keep(store, {"r1": ADA})

    with pytest.raises(KeyboardInterrupt), store.transaction("lisa", "call", idempotency_key="k") as transaction:
        transaction.append([RequestWithdrawn(occurred_at=transaction.recorded_at, request_id="q1")])
        transaction.person("r1", "call back")
        raise KeyboardInterrupt

    assert reads(store) == [("lisa", "r1", "person", "call back")]
    with store.reading() as reading:
        assert reading.facts_of("request_withdrawn").num_rows == 0
        assert reading.facts_of("entry")["idempotency_key"].to_pylist() == [None, None]


@pytest.mark.parametrize("purpose", ["", "x" * 101, "call\nback", "ring upp på måndag", "a;b"])
def test_a_purpose_is_a_few_plain_words(store, purpose):
    with pytest.raises(InputError, match="The purpose"), store.transaction("lisa", "call") as transaction:
        transaction.person("r1", purpose)


def test_what_is_sealed_is_opened_in_one_module_that_logs_it():
    """Only a transaction unseals people and notes, and each of its doors notes the reading."""
    engine = Path(identity.__file__).parents[1]
    openers = re.compile(r"\b(unseal_people|unseal_notes|unseal)\(")
    by_module = {
        path.relative_to(engine).as_posix()
        for folder in (engine, engine.parent / "dashboard", engine.parent / "simulations")
        for path in folder.rglob("*.py")
        if openers.search(path.read_text(encoding="utf-8"))
    }

    assert by_module == {"storage/identity.py", "storage/transaction.py"}
    tree = ast.parse((engine / "storage" / "transaction.py").read_text(encoding="utf-8"))
    doors = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and "unseal_" in ast.unparse(node)]
    assert len(doors) >= 3
    assert [door.name for door in doors if "self._note_read(" not in ast.unparse(door)] == []


def test_a_mere_reading_of_the_pilot_has_no_key_to_a_person(store):
    with store.reading() as reading:
        assert not {"person", "people", "notes", "_master_key"} & set(dir(reading))
