"""An MLflow server on the same PostgreSQL."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from . import processes
from .daemon import Daemon

VERSION = "3.17.2"
WORKERS = 4


class Unavailable(Exception):
    """Why there is no MLflow to measure."""


def install() -> Path:
    """A virtual environment of its own, kept between runs."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    venv = cache / "track/mlflow-venv"
    wanted = [f"mlflow=={VERSION}", "psycopg2-binary"]
    check = f"import mlflow, psycopg2; assert mlflow.__version__ == '{VERSION}'"
    if (venv / "bin/python").exists() and subprocess.run([venv / "bin/python", "-c", check], capture_output=True).returncode == 0:
        return venv
    try:
        subprocess.run(["/usr/bin/python3", "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"MLflow {VERSION} could not be installed: {error}") from error
    return venv


class Server:
    def __init__(self, venv: Path, daemon: Daemon) -> None:
        daemon.psql("-c", "CREATE DATABASE mlflow")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.log = daemon.folder / "mlflow.log"
        log = self.log.open("wb")
        self.process = subprocess.Popen(
            [
                venv / "bin/mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port), "--workers", str(WORKERS),
                "--backend-store-uri", f"postgresql+psycopg2://track@/mlflow?host={daemon.database_socket}",
                "--artifacts-destination", str(daemon.folder / "mlflow-artifacts"),
            ],
            env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "PATH": f"{venv}/bin:{os.environ['PATH']}"},
            cwd=daemon.folder, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5).read()
            except OSError:
                time.sleep(0.5)
            else:
                return
        self.stop()
        raise Unavailable(f"the MLflow server did not start: {self.log.read_text(errors='replace')[-1500:]}")

    def call(self, path: str, body: dict[str, object]) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/2.0/mlflow/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def cpu(self) -> float:
        return processes.cpu_seconds(processes.tree(self.process.pid))

    def stop(self) -> None:
        # Its workers do not all end with their parent; the group was made for them.
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
