"""The dashboard and a login provider as real processes on this machine, for tests that need a server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[1]
STARTS_WITHIN_S = 90.0
OURS = ("MIKRO_", "STREAMLIT_")


@dataclass(frozen=True)
class Served:
    """A server that runs: where it is reached, its process, and what it wrote so far."""

    url: str
    log: Path
    pid: int

    def said(self) -> str:
        """Read what the server wrote."""
        return self.log.read_text(encoding="utf-8", errors="replace")


def free_port() -> int:
    """Find a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def dashboard(db: Path, folder: Path, port: int | None = None, **settings: str) -> Iterator[Served]:
    """Run the dashboard over a pilot; ``settings`` are environment variables. Its log is put into ``folder``."""
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    environment |= {"MIKRO_DB": str(db), "OMP_NUM_THREADS": "1"} | settings
    url = f"http://127.0.0.1:{port}"
    log = folder / f"dashboard-{port}.log"
    with _process(command, log, f"{url}/_stcore/health", cwd=ROOT / "dashboard", environment=environment) as pid:
        yield Served(url, log, pid)


@contextmanager
def dashboard_with_login(db: Path, folder: Path, provider: Served, **settings: str) -> Iterator[Served]:
    """Run the dashboard behind a login provider."""
    port = free_port()
    login = {
        "MIKRO_OIDC_METADATA_URL": f"{provider.url}/.well-known/openid-configuration",
        "MIKRO_OIDC_CLIENT_ID": "mikro",
        "MIKRO_OIDC_CLIENT_SECRET": "a secret of the tests",
        "MIKRO_BASE_URL": f"http://127.0.0.1:{port}",
    }
    with dashboard(db, folder, port, **login, **settings) as running:
        yield running


@contextmanager
def login_provider(folder: Path, users: Mapping[str, Mapping[str, object]]) -> Iterator[Served]:
    """Run a login provider (OpenID Connect) that knows these users, by subject, with their claims."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", f"--port={port}"]
    for subject, claims in users.items():
        command += ["--user-claims", json.dumps({"sub": subject, **claims})]
    url = f"http://127.0.0.1:{port}"
    log = folder / f"provider-{port}.log"
    with _process(
        command, log, f"{url}/.well-known/openid-configuration", cwd=folder, environment=dict(os.environ)
    ) as pid:
        yield Served(url, log, pid)


@contextmanager
def _process(command: list[str], log: Path, ready: str, *, cwd: Path, environment: dict[str, str]) -> Iterator[int]:
    with log.open("wb") as written:
        process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=written, stderr=subprocess.STDOUT)
    try:
        _wait_for(ready, process, log)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"The server did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")
