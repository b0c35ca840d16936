"""Programs and threads that share a pilot lose nothing, write nothing twice, and survive each other's death."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime

import duckdb
import pytest
from bench.crowd import count_in_processes, start

from engine.errors import StoreError
from engine.facts import OfferAnswered, RequestWithdrawn
from engine.store import Store

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)

# Appends entries of 20 facts until killed; prints each entry number once it is acknowledged.
WRITER = """
import contextlib, sys
from datetime import UTC, datetime
from pathlib import Path
from engine.facts import RequestWithdrawn
from engine.store import Store

now = datetime(2026, 3, 2, 8, tzinfo=UTC)
store = Store(Path(sys.argv[1]))
with store.held() if sys.argv[2] == "held" else contextlib.nullcontext():
    while True:
        with store.transaction("anna", "test") as transaction:
            transaction.append([RequestWithdrawn(occurred_at=now, request_id=str(i)) for i in range(20)])
        print(transaction.entry_no, flush=True)
"""


def assert_counted_to(path, n):
    """Every number from 1 to n was written, once, by an entry of its own."""
    with Store(path).reading() as reading:
        assert reading.last_entry_no == n
        answers = reading.state("answers_at", NOW)
        counter = reading.state("overrides_at", NOW)
    assert sorted(answers["request_id"].astype(int)) == list(range(1, n + 1))
    assert counter["reason_code"].tolist() == [str(n)]


def test_eight_programs_write_60_conflicting_entries_each(pilot_path):
    seconds = count_in_processes(pilot_path, 8, 60)

    assert len(seconds) == 480
    assert_counted_to(pilot_path, 480)


@pytest.mark.parametrize("in_file", [True, False])
def test_threads_that_share_a_store_lose_and_repeat_nothing(pilot_path, store, in_file):
    shared = Store(pilot_path) if in_file else store

    def count():
        for _ in range(10):
            with shared.transaction("anna", "count") as transaction:
                n = len(transaction.state("answers_at", NOW))
                transaction.append(
                    [OfferAnswered(occurred_at=NOW, request_id=str(n), volunteer_id="v", response="accepted")]
                )

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with shared.reading() as reading:
        assert reading.last_entry_no == 40
        assert len(reading.state("answers_at", NOW)) == 40


def test_a_thread_waits_while_another_holds_the_store(pilot_path):
    store, done = Store(pilot_path, lock_timeout_s=20), []

    def write(request_id):
        with store.transaction("anna", "test") as transaction:
            transaction.append([RequestWithdrawn(occurred_at=NOW, request_id=request_id)])
            done.append((transaction.entry_no, request_id))

    with store.held():
        thread = threading.Thread(target=write, args=["second"])
        thread.start()
        time.sleep(0.1)
        write("first")
    thread.join()

    assert done == [(1, "first"), (2, "second")]


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
@pytest.mark.parametrize("way", ["held", "each by itself"])
@pytest.mark.parametrize("n_before_the_kill", [3, 11])
def test_a_killed_writer_loses_nothing_that_was_acknowledged(pilot_path, way, n_before_the_kill):
    writer = start(WRITER, pilot_path, way)
    acknowledged = [int(writer.stdout.readline()) for _ in range(n_before_the_kill)]

    writer.send_signal(signal.SIGKILL)
    acknowledged += [int(line) for line in writer.communicate()[0].split()]
    log_left_behind = pilot_path.with_name(pilot_path.name + ".wal").exists()

    with Store(pilot_path, lock_timeout_s=5).reading() as reading:
        assert reading.last_entry_no - acknowledged[-1] in {0, 1}  # durable just before it was told
        written = reading.query("entries")
    assert written["n_facts"].tolist() == [20] * reading.last_entry_no
    with duckdb.connect(str(pilot_path)) as connection:
        counted = connection.execute("select count(*) from facts.request_withdrawn").fetchone()
    assert counted == (20 * reading.last_entry_no,)
    assert log_left_behind or way != "held"


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on file sizes")
def test_a_full_disk_is_reported_and_the_store_goes_on_once_there_is_room(pilot_path):
    import resource

    store = Store(pilot_path)
    facts = [RequestWithdrawn(occurred_at=NOW, request_id=f"{i:0>64}{os.urandom(32).hex()}") for i in range(5000)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def append_all():
        with store.transaction("anna", "test") as transaction:
            transaction.append(facts)
        return transaction.entry_no

    assert append_all() == 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (pilot_path.stat().st_size + 4096, hard))
    try:
        with pytest.raises(StoreError, match="its disk is full"):
            for _ in range(20):
                append_all()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    n_kept = append_all() - 1
    with contextlib.closing(Store(pilot_path)) as again, again.reading() as reading:
        assert reading.last_entry_no == n_kept + 1
        assert reading.query("entries")["n_facts"].tolist() == [5000] * (n_kept + 1)
