"""State that is kept is the state there is: whatever is written, whatever moment is asked about."""

from dataclasses import replace
from datetime import timedelta

import pytest
from small_pilot import ADA_AT_HOME, BEFORE, EVERYTHING_FITS, MILK, NOW, pilot

from engine.errors import InputError
from engine.storage.kept import body_of, is_timeless, tables_read
from engine.storage.migrations import sql_of, state_macros

DAY = timedelta(days=1)
OF_A_MOMENT = sorted(name for name, text in state_macros().items() if f"macro {name}(as_of, until_entry" in text)
OF_A_MOMENT = [name for name in OF_A_MOMENT if name not in {"asked_often_at", "demanded_checks_at"}]  # they take more


def requests(reading, as_of=NOW):
    return reading.state("requests_at", as_of)["request_id"].tolist()


def test_what_is_written_in_a_transaction_is_seen_in_it():
    store = pilot(*EVERYTHING_FITS)

    with store.transaction("test", "ask for tea") as transaction:
        before = requests(transaction)
        transaction.append([replace(MILK, request_id="tea")])
        after = requests(transaction)

    assert (before, after) == (["milk"], ["milk", "tea"])


def test_what_is_undone_is_not_seen_by_the_next_while_the_pilot_is_held():
    store = pilot(*EVERYTHING_FITS)

    with store.held():
        with pytest.raises(InputError), store.transaction("test", "ask for tea") as transaction:
            transaction.append([replace(MILK, request_id="tea")])
            assert requests(transaction) == ["milk", "tea"]
            raise InputError("no tea")
        with store.reading() as reading:
            assert requests(reading) == ["milk"]


def test_what_another_transaction_of_the_same_hold_wrote_is_seen():
    store = pilot(*EVERYTHING_FITS)

    with store.held():
        with store.reading() as reading:
            assert requests(reading) == ["milk"]
        with store.transaction("test", "ask for tea") as transaction:
            transaction.append([replace(MILK, request_id="tea")])
        with store.reading() as reading:
            assert requests(reading) == ["milk", "tea"]


def test_a_fact_dated_later_is_seen_only_from_then_on():
    """Ada moves tomorrow; today's state is kept, and must not stand for tomorrow's, nor the other way round."""
    moved = replace(ADA_AT_HOME, occurred_at=NOW + DAY, municipality_code="1260")
    store = pilot(*EVERYTHING_FITS, moved)

    with store.held(), store.reading() as reading:
        reading.newest_moment()
        homes = [
            reading.state("residents_at", as_of, resident_id="ada")["municipality_code"].iloc[0]
            for as_of in (NOW, NOW + 2 * DAY, NOW, BEFORE + DAY)
        ]

    assert homes == ["1283", "1260", "1283", "1283"]


def test_what_was_known_by_an_entry_is_not_taken_for_what_is_known():
    store = pilot(*EVERYTHING_FITS)
    with store.transaction("test", "ask for tea") as transaction:
        transaction.append([replace(MILK, request_id="tea")])

    with store.held(), store.reading() as reading:
        seen = [reading.state("requests_at", NOW, entry)["request_id"].tolist() for entry in (None, 1, 2, None)]

    assert seen == [["milk", "tea"], ["milk"], ["milk", "tea"], ["milk", "tea"]]


def test_a_redacted_place_is_gone_from_what_is_kept():
    store = pilot(*EVERYTHING_FITS)

    with store.transaction("test", "erase") as transaction:
        assert transaction.state("residents_at", NOW, resident_id="rut")["lat"].notna().all()
        transaction.redact("rut", "erasure-1")
        assert transaction.state("residents_at", NOW, resident_id="rut")["lat"].isna().all()


@pytest.mark.parametrize("macro", OF_A_MOMENT)
def test_a_kept_relation_is_the_macro_itself(macro):
    store = pilot(*EVERYTHING_FITS)

    with store.reading() as reading:
        kept = reading.state(macro, NOW)
        direct = reading._cursor.execute(f"from {macro}(?, ?) order by all", [NOW.replace(tzinfo=None), 10**9])

        assert kept.columns.tolist() == [column[0] for column in direct.description]
        assert len(kept) == len(direct.fetchall())


def test_the_newest_moment_is_known_of_every_table_that_state_is_made_of():
    """A table left out would let a relation be kept beyond the day one of its facts takes effect."""
    known = sql_of("queries/newest_moments")
    read = set().union(*(tables_read(macro) for macro in OF_A_MOMENT))

    assert sorted(table for table in read if f"from facts.{table}\n" not in known) == []


def test_what_asks_for_the_time_is_not_timeless():
    assert is_timeless("residents_at")
    assert is_timeless("visits_at")
    assert not is_timeless("offers_at")
    assert not is_timeless("requests_at")
    assert "$until_entry" in body_of("visits_at")


def test_what_was_found_is_found_anew_only_when_its_table_was_written_or_the_write_undone():
    store, found = pilot(*EVERYTHING_FITS), []

    def find(reading):
        return reading.unless_written("requests", ["request_submitted"], lambda: found.append(1) or len(found))

    def ask(name):
        with store.transaction("test", "ask") as transaction:
            transaction.append([replace(MILK, request_id=name)])
            told.append(find(transaction))
            if name == "undone":
                raise InputError("no")

    told = []
    with store.held():
        for _look in range(2):
            with store.reading() as reading:
                told.append(find(reading))
        with store.transaction("test", "move") as transaction:
            transaction.append([ADA_AT_HOME])
            told.append(find(transaction))
        ask("tea")
        with pytest.raises(InputError):
            ask("undone")
        with store.reading() as reading:
            told.append(find(reading))
    with store.reading() as reading:
        told.append(find(reading))

    assert told == [1, 1, 1, 2, 3, 4, 5]
