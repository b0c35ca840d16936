"""The pilot's store: facts appended in order, identities sealed, state read by named SQL; the only user of DuckDB.

DuckDB lets one process at a time open a file for writing, so the store opens late and closes early: each Store
keeps a warm in-memory instance, and every transaction takes the lock file, attaches the pilot, commits, detaches.
Dashboard, command line and notebooks thus share one file. Local disks only: file locks fail on network ones.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import structlog

from engine.errors import InputError, StoreError
from engine.storage import durable, identity, rewriting, trouble
from engine.storage.kept import KeptStates
from engine.storage.mark import Mark
from engine.storage.migrations import OVER_PILOT, Cursor, bring_up_to_date, lay_out, sql_of
from engine.storage.place import Place
from engine.storage.reading import Reading
from engine.storage.rows import naive_utc
from engine.storage.transaction import Transaction

__all__ = ["Reading", "Store", "Transaction", "utc_now"]

DAMAGE = (
    duckdb.IOException,
    duckdb.TransactionException,  # a commit that cannot be written
    duckdb.SerializationException,
    duckdb.InternalException,
    duckdb.FatalException,
)

# Through the standard library's levels: left alone, structlog would print to stdout, where results go.
_log = structlog.wrap_logger(
    logging.getLogger(__name__),
    processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
    wrapper_class=structlog.stdlib.BoundLogger,
)


def utc_now() -> datetime:
    """Read the computer's clock: timezone-aware, UTC."""
    return datetime.now(UTC)


class _Mine(threading.local):
    """What the current thread does with a store."""

    def __init__(self) -> None:
        self.holds = False
        self.in_transaction = False
        self.cursor: duckdb.DuckDBPyConnection | None = None
        self.kept = KeptStates()


class Store:
    """A pilot, in a file or in memory.

    Parameters
    ----------
    path
        The pilot file; ``None`` with ``new`` for one in memory.
    clock
        Tells ``recorded_at``: timezone-aware.
    lock_timeout_s
        How long to wait for other programs.
    new
        Make the pilot instead of opening it; use :meth:`create` or :meth:`in_memory`.
    name
        What messages call the pilot; its path by default.
    key_beside
        The pilot whose key file opens this one; itself by default.

    Raises
    ------
    StoreError
        When the file is missing, busy, damaged, of a newer version or cannot be written, or its key does not fit.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        clock: Callable[[], datetime] = utc_now,
        lock_timeout_s: float = 30.0,
        new: bool = False,
        name: str | None = None,
        key_beside: Path | None = None,
    ) -> None:
        self._place = Place(path, name, lock_timeout_s)
        self.path = self._place.path
        self.clock = clock
        self._mine = _Mine()
        self._is_new = new
        self._look()
        self._warm = _warm_instance()
        if self.path is None:
            self._master_key: bytes | None = identity.new_key()
            return
        self._detach()
        with_key = key_beside or self.path
        self._master_key = identity.make_master_key(with_key) if new else identity.find_master_key(with_key)
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    @classmethod
    def create(cls, path: Path, *, clock: Callable[[], datetime] = utc_now) -> Store:
        """Make a new pilot file, with its folder and, without ``MIKRO_KEY``, its key file beside it.

        Raises
        ------
        StoreError
            When the file exists already, or cannot be written.
        """
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{path} cannot be made: {error.strerror}.") from error
        return cls(path, clock=clock, new=True)

    @classmethod
    def in_memory(cls, *, clock: Callable[[], datetime] = utc_now) -> Store:
        """Make a pilot without a file, gone when the program ends; for simulations and tests."""
        return cls(None, clock=clock, new=True)

    @contextmanager
    def transaction(self, actor_id: str, action: str, *, idempotency_key: str | None = None) -> Iterator[Transaction]:
        """Write one log entry: all of it when the body ends well, nothing when it raises.

        Parameters
        ----------
        actor_id
            Who does it: an account or program, never a name.
        action
            What is done, in a word or two; kept with the entry.
        idempotency_key
            Names the intent, so that doing it again writes nothing (``Transaction.already_done``).

        Raises
        ------
        StoreError
            When the pilot is busy or damaged, or this thread is in a transaction of this store already.
        InputError
            When a fact breaks a rule of its table.
        """
        transaction = None
        try:
            with self._session() as cursor:
                mark = Mark(self.clock().astimezone(UTC), actor_id, action, idempotency_key)
                transaction = Transaction(cursor, self._need_key, mark, self._mine.kept)
                yield transaction
                transaction.finish()
        except BaseException:
            if transaction is not None and transaction.reads:
                self._note_reads(transaction)
            raise
        _log.debug("committed", entry_no=transaction.entry_no, action=action, n_facts=transaction.n_facts)

    def _note_reads(self, undone: Transaction) -> None:
        """Note who was read in a transaction that was undone: what was seen cannot be made unseen."""
        try:
            with self._session() as cursor:
                late = Transaction(cursor, self._need_key, replace(undone.mark, idempotency_key=None), self._mine.kept)
                late.append(undone.reads)
                late.finish()
        except StoreError:  # what undid the transaction is what its caller must hear of
            _log.error("reads not noted", actor_id=undone.mark.actor_id, n_reads=len(undone.reads))

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Look at the pilot without writing.

        Raises
        ------
        StoreError
            When the pilot is busy or damaged, or this thread is in a transaction of this store already.
        """
        with self._session() as cursor:
            yield Reading(cursor, self._mine.kept)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the pilot locked and attached, so that many transactions only begin and commit.

        Other programs and threads wait meanwhile. May be nested.

        Raises
        ------
        StoreError
            When the pilot is busy, damaged or cannot be written.
        """
        if self._mine.holds:
            yield
            return
        with self._in_words(), self._place.turn():
            self._mine.holds = True
            try:
                self._attach()
                yield
            finally:
                self._mine.holds = False
                self._drop_cursor()
                self._detach()

    @contextmanager
    def working_on_file(self) -> Iterator[Cursor]:
        """Hold the pilot while its file itself is worked on, and give the database it is attached to.

        Raises
        ------
        StoreError
            When a transaction is open in this thread, or the pilot is busy, damaged or cannot be written.
        """
        self._refuse_nesting()
        with self.held():
            self._drop_cursor()
            try:
                yield self._warm
            except BaseException as error:
                self._renew()  # what is attached now is not known
                if self.path is not None:
                    durable.remove(rewriting.fresh_file(self.path))
                if isinstance(error, OSError):
                    raise StoreError(trouble.of_system(self._place.name, error)) from error
                raise
            finally:
                self._attach()

    def derived_key(self, purpose: str) -> bytes:
        """Derive a 32-byte key for one purpose, such as signing links, from the master key.

        Raises
        ------
        StoreError
            When the master key is missing.
        """
        return identity.derived_key(self._need_key(), purpose)

    def rewrite(self) -> None:
        """Write the pilot file anew, so that nothing of what was deleted is left in it.

        A crash at any moment leaves the old file or the new one, whole.

        Raises
        ------
        StoreError
            When a transaction is open in this thread, or the file cannot be written anew; it is then as it was.
        """
        if self.path is not None:
            with self.working_on_file() as database:
                rewriting.write_anew(database, self.path)

    def close(self) -> None:
        """Give up the warm instance, after which the store cannot be used; a pilot in memory is gone."""
        self._warm.close()

    def _need_key(self) -> bytes:
        if self._master_key is None:
            where = f"set {identity.KEY_VARIABLE}, or put the .key file beside {self._place.name}"
            raise StoreError(f"Identities cannot be read without the key: {where}.")
        return self._master_key

    def _open(self) -> None:
        with self._session() as cursor:
            bring_up_to_date(cursor, naive_utc(self.clock()), self._place.name, new=self._is_new)
            check = cursor.execute(sql_of("schema/key_check")).fetchone()
            if check and self._master_key is not None:
                identity.verify_key(self._master_key, check[0], self._place.name)
            elif not check:
                box = identity.seal_key_check(self._need_key())
                cursor.execute("insert into identity.key_check values (?)", [box])
        self._is_new = False

    def _look(self) -> None:
        if self._is_new:
            self._place.must_be_free()
        else:
            self._place.must_hold_a_pilot()

    def _refuse_nesting(self) -> None:
        if self._mine.in_transaction:
            raise StoreError("A transaction of this store is open in this thread already; finish it first.")

    @contextmanager
    def _session(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor inside one database transaction; whatever the body raises undoes it."""
        self._refuse_nesting()
        with self._in_words(), self.held():
            cursor = self._mine.cursor = self._mine.cursor or self._warm.cursor()
            self._mine.in_transaction = True
            try:
                cursor.execute(f"{OVER_PILOT}; begin")
                yield cursor
                cursor.execute("commit")
            except BaseException as error:  # Streamlit's interrupts and Ctrl-C too
                with suppress(duckdb.Error):
                    cursor.execute("rollback")
                self._drop_cursor()  # with what was kept beside the pilot, and is undone too
                if isinstance(error, duckdb.FatalException):  # DuckDB goes on with nothing after one
                    self._renew()
                    self._attach()
                raise
            finally:
                self._mine.in_transaction = False

    def _drop_cursor(self) -> None:
        """Let go of the connection of this hold, and of all that is kept in it."""
        if self._mine.cursor is not None:
            with suppress(duckdb.Error):
                self._mine.cursor.close()
        self._mine.cursor, self._mine.kept = None, KeptStates()

    def _attach(self) -> None:
        if self.path is not None:
            self._look()
            # It is still attached when an interrupt came between two steps of detaching.
            self._warm.execute(
                f"detach database if exists pilot; attach '{rewriting.quoted(self.path)}' as pilot (type duckdb)"
            )

    def _detach(self) -> None:
        """Let the file go; what DuckDB cannot write into it now, on a full disk, is kept in the log beside it."""
        if self.path is not None:
            try:
                self._warm.execute("detach database if exists pilot")
            except duckdb.Error as error:
                _log.info("not checkpointed", reason=trouble.sentence(self._place.name, str(error)))
                self._renew()

    def _renew(self) -> None:
        self._warm.close()
        self._warm = _warm_instance()
        self._warm.execute("detach pilot")

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Say what DuckDB means by its errors; mistakes in our own SQL stay as they are."""
        try:
            yield
        except duckdb.BinderException as error:
            if "file handle conflict" not in str(error):
                raise
            raise trouble.of_database(self._place.name, str(error)) from error
        except DAMAGE as error:
            raise trouble.of_database(self._place.name, str(error)) from error
        except (duckdb.InterruptException, RuntimeError) as error:
            # DuckDB answers Ctrl-C in its own words.
            if "interrupt" in str(error).lower():
                raise KeyboardInterrupt from error
            raise
        except duckdb.ConstraintException as error:
            raise InputError(f"The store refused a value: {str(error).splitlines()[0]}") from error


def _warm_instance() -> duckdb.DuckDBPyConnection:
    """Start a DuckDB with the reference tables and state macros, and an empty pilot in memory attached."""
    quiet = ("autoinstall_known_extensions", "autoload_known_extensions", "python_enable_replacements")
    # One thread: a small write takes a third less of the processor, and the largest query no longer.
    warm = duckdb.connect(":memory:", config={**dict.fromkeys(quiet, False), "threads": 1})
    lay_out(warm, naive_utc(utc_now()))
    return warm
