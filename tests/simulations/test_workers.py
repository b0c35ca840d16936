"""Replications on a cluster: a real scheduler and two worker processes on loopback find what one process finds."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from engine.errors import InputError
from engine.policy import Policy
from simulations.commands import app
from simulations.experiment import Experiment, run
from simulations.scenario import Scenario
from simulations.workers import Workers

HAMLET = Scenario.named("village").with_numbers({"town.volunteers": 20, "town.residents": 20})
SMALL = Experiment(HAMLET, (Policy.named("baseline"),), seeds=(1, 2), rivals=("optimal", "nearest"), days=1)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def alone():
    """Give what one process finds."""
    return run(SMALL)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Start a scheduler and two workers as an office would, without dashboards; give its address and the workers."""
    told = tmp_path_factory.mktemp("cluster") / "scheduler.json"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    here = ["--scheduler-file", str(told), "--host", "127.0.0.1", "--no-dashboard"]

    def start(*words):
        command = [sys.executable, "-m", "dask", *words, *here]
        return subprocess.Popen(
            command, cwd=told.parent, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    scheduler = start("scheduler", "--port", "0")
    workers = [start("worker", "--no-nanny", "--nthreads", "1", "--name", f"worker-{n}") for n in (1, 2)]
    try:
        yield _address(told), workers
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()


def _address(told):
    """Wait until the scheduler has both its workers."""
    import json

    from distributed import Client

    until = time.monotonic() + 120
    while not told.exists() and time.monotonic() < until:
        time.sleep(0.1)
    address = json.loads(told.read_text(encoding="utf-8"))["address"]
    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=120)
    return address


def test_two_workers_of_a_cluster_find_what_one_process_finds(cluster, alone):
    address, _ = cluster

    found = run(SMALL, Workers(backend="dask", scheduler=address))

    pd.testing.assert_frame_equal(found, alone)


def test_a_worker_that_is_killed_in_the_middle_neither_loses_nor_changes_a_result(cluster, alone):
    from distributed import Client

    address, workers = cluster
    in_hand = []

    def kill(n_done, _):
        if n_done == 1:
            with Client(address, set_as_default=False) as client:
                known = client.scheduler_info(n_workers=-1)["workers"]
                [victim] = [worker for worker, about in known.items() if about["name"] == "worker-2"]
                in_hand.extend(client.processing()[victim])
            workers[1].kill()

    found = run(SMALL, Workers(backend="dask", scheduler=address), progress=kill)

    pd.testing.assert_frame_equal(found, alone)
    assert workers[1].wait(10) != 0
    assert in_hand  # it was at work


def test_the_command_runs_on_a_cluster(cluster, alone):
    address, _ = cluster
    words = ["village", "--days", "1", "--replications", "2", "--backend", "dask", "--scheduler", address]

    ran = CliRunner().invoke(app, ["simulate", *words])

    assert ran.exit_code == 0, ran.output


def test_a_scheduler_that_does_not_answer_is_said(monkeypatch):
    monkeypatch.setattr("simulations.workers.PATIENCE_SECONDS", 1)

    with pytest.raises(InputError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9\."):
        run(SMALL, Workers(backend="dask", scheduler="tcp://127.0.0.1:9"))


def test_without_the_extra_the_cluster_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)

    with pytest.raises(InputError, match=r"pip install 'mikrotjanster\[cluster\]'"):
        run(SMALL, Workers(backend="dask", scheduler="tcp://127.0.0.1:9"))


def test_a_place_that_is_none_is_refused():
    with pytest.raises(InputError, match="no backend 'cloud'"):
        Workers(backend="cloud")
    with pytest.raises(InputError, match="address of a scheduler"):
        Workers(backend="dask")
