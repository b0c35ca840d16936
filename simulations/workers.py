"""Who does the replications: processes of this machine, or the workers of a Dask cluster.

Which worker does which replication, how many there are and whether some are lost on the way changes no result: a
replication depends on its plan alone, and results come in the order of the plans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import joblib

from engine.errors import InputError

BACKENDS = ("local", "dask")

PATIENCE_SECONDS = 10
"""How long a scheduler may take to answer."""


@dataclass(frozen=True, slots=True)
class Workers:
    """Where replications run.

    Parameters
    ----------
    n_jobs
        How many at a time on this machine; a cluster takes as many as it has threads.
    backend
        ``local`` processes, or ``dask`` with the address of a ``scheduler``. What a lost worker had in hand is done
        again by another. Workers need this package, and one thread each.

    Raises
    ------
    InputError
        When there is no such backend, or it has no scheduler.
    """

    n_jobs: int = 1
    backend: str = "local"
    scheduler: str | None = None

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise InputError(f"There is no backend {self.backend!r}; there are {', '.join(BACKENDS)}.")
        if self.backend == "dask" and self.scheduler is None:
            raise InputError("The backend dask needs the address of a scheduler, such as tcp://127.0.0.1:8786.")

    def each(self, task: Callable[..., Any], arguments: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """Do a task with each of the arguments; results come in their order, each as soon as those before it are there.

        What lies in the arguments travels with each task. Dask would spread large ones over its workers, and lose them
        with a worker, if they could be referred to weakly: a :class:`~simulations.pilot.Plan` cannot.

        Raises
        ------
        InputError
            When the extra ``cluster`` is missing, or the cluster does not answer or gives up.
        """
        with self._ready():
            n_jobs = self.n_jobs if self.backend == "local" else -1
            yield from joblib.Parallel(n_jobs=n_jobs, return_as="generator")(
                joblib.delayed(task)(*given) for given in arguments
            )

    def _ready(self) -> AbstractContextManager[None]:
        return nullcontext() if self.scheduler is None or self.backend == "local" else _cluster(self.scheduler)


@contextmanager
def _cluster(scheduler: str) -> Iterator[None]:
    """Let joblib use a cluster for a while."""
    try:
        from distributed import Client, KilledWorker  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise InputError("The backend dask needs the extra `cluster`: pip install 'mikrotjanster[cluster]'.") from error
    try:
        connect: Any = Client
        client = connect(scheduler, timeout=PATIENCE_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(f"No Dask scheduler answers at {scheduler}.") from error
    try:
        with joblib.parallel_config(backend="dask", client=client, wait_for_workers_timeout=PATIENCE_SECONDS):
            yield
    except TimeoutError as error:
        raise InputError(f"The Dask scheduler at {scheduler} has no worker.") from error
    except KilledWorker as error:
        raise InputError(f"One replication ended every worker that tried it: {error}") from error
    finally:
        client.close()
