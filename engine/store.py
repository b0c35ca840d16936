"""The pilot's store: facts appended in order, identities sealed, state read by named SQL; the only user of DuckDB.

DuckDB lets one process at a time open a file for writing, so the store opens late and closes early: each Store
keeps a warm in-memory instance, and every transaction takes the lock file, attaches the pilot, commits, detaches.
Dashboard, command line and notebooks thus share one file. Local disks only: file locks fail on network ones.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import structlog

from engine import identity, reference
from engine.errors import InputError, StoreError
from engine.migrations import bring_up_to_date, make_state_macros, sql_of
from engine.rows import naive_utc
from engine.transaction import Mark, Reading, Transaction
from engine.turns import my_turn

__all__ = ["Reading", "Store", "Transaction", "utc_now"]

OVER_PILOT = "set search_path = 'pilot.main,memory.main'"
DAMAGE = (duckdb.IOException, duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException)

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

    holds = False
    in_transaction = False


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
    ) -> None:
        self.path = path if path is None else Path(path).absolute()
        self.clock = clock
        self.lock_timeout_s = lock_timeout_s
        self._name = str(path or "The pilot in memory")
        self._mine = _Mine()
        self._memory_lock = threading.Lock()
        self._is_new = new
        self._refuse_absence()
        self._warm = _warm_instance()
        if self.path is None:
            self._master_key: bytes | None = identity.new_key()
            return
        self._detach()
        self._master_key = identity.make_master_key(self.path) if new else identity.find_master_key(self.path)
        self._open()

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
        with self._session() as cursor:
            mark = Mark(self.clock().astimezone(UTC), actor_id, action, idempotency_key)
            transaction = Transaction(cursor, self._need_key, mark)
            yield transaction
            transaction.finish()
        _log.debug("committed", entry_no=transaction.entry_no, action=action, n_facts=transaction.n_facts)

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Look at the pilot without writing.

        Raises
        ------
        StoreError
            When the pilot is busy or damaged, or this thread is in a transaction of this store already.
        """
        with self._session() as cursor:
            yield Reading(cursor, self._need_key)

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
        with self._in_words(), self._locked():
            self._mine.holds = True
            try:
                self._attach()
                yield
            finally:
                self._mine.holds = False
                self._detach()

    def close(self) -> None:
        """Give up the warm instance, after which the store cannot be used; a pilot in memory is gone."""
        self._warm.close()

    def _need_key(self) -> bytes:
        if self._master_key is None:
            raise StoreError(
                f"Identities cannot be read: set {identity.KEY_VARIABLE}, or put the .key file beside {self._name}."
            )
        return self._master_key

    def _open(self) -> None:
        with self._session() as cursor:
            bring_up_to_date(cursor, naive_utc(self.clock()), self._name, new=self._is_new)
            check = cursor.execute(sql_of("schema/key_check")).fetchone()
            if check and self._master_key is not None:
                identity.verify_key(self._master_key, check[0], self._name)
            elif not check:
                box = identity.seal_key_check(self._need_key())
                cursor.execute("insert into identity.key_check values (?)", [box])
        self._is_new = False

    def _refuse_absence(self) -> None:
        """DuckDB would make a missing file, which only a new pilot may want."""
        try:
            if self.path is None or self.path.exists() != self._is_new:
                return
        except OSError as error:
            raise StoreError(f"{self._name} cannot be reached: {error.strerror}.") from error
        if self._is_new:
            raise StoreError(f"There is a pilot at {self._name} already; it was left as it is.")
        raise StoreError(f"There is no pilot at {self._name}; make one with `mikro init`.")

    @contextmanager
    def _session(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor inside one database transaction; whatever the body raises undoes it."""
        if self._mine.in_transaction:
            raise StoreError("A transaction of this store is open in this thread already; finish it first.")
        with self._in_words(), self.held():
            cursor = self._warm.cursor()
            self._mine.in_transaction = True
            try:
                cursor.execute(f"{OVER_PILOT}; begin")
                yield cursor
                cursor.execute("commit")
            except BaseException:  # Streamlit's interrupts and Ctrl-C too
                with suppress(duckdb.Error):
                    cursor.execute("rollback")
                raise
            finally:
                self._mine.in_transaction = False
                cursor.close()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        busy = f"{self._name} is busy: another program has held it for {self.lock_timeout_s:g} s."
        if self.path is None:
            if not self._memory_lock.acquire(timeout=self.lock_timeout_s):
                raise StoreError(busy)
            try:
                yield
            finally:
                self._memory_lock.release()
            return
        with ExitStack() as turn:
            try:
                turn.enter_context(my_turn(self.path, self.lock_timeout_s))
            except TimeoutError as error:
                raise StoreError(busy) from error
            except OSError as error:
                reason = f"its folder cannot be written ({error.strerror})"
                raise StoreError(f"{self._name} cannot be opened: {reason}.") from error
            yield

    def _attach(self) -> None:
        if self.path is not None:
            self._refuse_absence()
            quoted = str(self.path).replace("'", "''")
            self._warm.execute(f"attach '{quoted}' as pilot (type duckdb)")

    def _detach(self) -> None:
        if self.path is not None:
            try:
                self._warm.execute("detach database if exists pilot")
            except duckdb.Error:  # a full disk: what was committed is in the log beside the file
                self._warm.close()
                self._warm = _warm_instance()
                self._warm.execute("detach pilot")
                raise

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Say what DuckDB means by its errors; mistakes in our own SQL stay as they are."""
        try:
            yield
        except DAMAGE as error:
            raise StoreError(f"{self._name} cannot be read or written, or is damaged: {_first_line(error)}") from error
        except (duckdb.InterruptException, RuntimeError) as error:
            # DuckDB answers Ctrl-C in its own words.
            if "interrupt" in str(error).lower():
                raise KeyboardInterrupt from error
            raise
        except duckdb.ConstraintException as error:
            raise InputError(f"The store refused a value: {_first_line(error)}") from error


def _warm_instance() -> duckdb.DuckDBPyConnection:
    """Start a DuckDB with the reference tables and state macros, and an empty pilot in memory attached."""
    quiet = ("autoinstall_known_extensions", "autoload_known_extensions", "python_enable_replacements")
    # One thread: a small write takes a third less of the processor, and the largest query no longer.
    warm = duckdb.connect(":memory:", config={**dict.fromkeys(quiet, False), "threads": 1})
    warm.execute(sql_of("schema/reference"))
    for name, table in reference.tables().items():
        warm.register("incoming", pa.Table.from_pandas(table, preserve_index=False))
        warm.execute(f"insert into memory.reference.{name} by name from incoming")
        warm.unregister("incoming")
    warm.execute("attach ':memory:' as pilot")
    with warm.cursor() as cursor:
        cursor.execute(OVER_PILOT)
        bring_up_to_date(cursor, naive_utc(utc_now()), "", new=True)
        make_state_macros(cursor)
    return warm


def _first_line(error: duckdb.Error) -> str:
    return str(error).splitlines()[0]
