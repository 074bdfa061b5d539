"""An MLflow server on the same PostgreSQL, under the same load generator."""

import json
import os
import random
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from . import processes
from .daemon import Daemon
from .load import generate, phase
from .recording import DOMAINS, domain_names

VERSION = "3.17.2"
WORKERS = 4
# Above what the server can take in a second on a few cores: every request logs into a run of its own, made beforehand.
RUNS_PER_SECOND = 30


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


def _bodies(folder: Path) -> Path:
    numbers = random.Random(585)
    file = folder / "mlflow-bodies"
    with file.open("w") as out:
        for index in range(64):
            metrics = [
                {"key": name, "value": numbers.uniform(1.5, 4.5), "timestamp": 1767225600000 + index, "step": 1}
                for name in domain_names(DOMAINS)
            ]
            out.write(json.dumps({"run_id": "@ID@", "metrics": metrics}, separators=(",", ":")) + "\n")
    return file


def measure(daemon: Daemon, generator: Path, folder: Path, seconds: float) -> dict[str, Any]:
    venv = install()
    server = Server(venv, daemon)
    try:
        report: dict[str, Any] = {"version": VERSION, "workers": WORKERS}
        experiment = server.call("experiments/create", {"name": "benchmark"})["experiment_id"]
        bodies = _bodies(folder)
        report["idle_memory_pss_mib"] = round(processes.memory(processes.tree(server.process.pid)).pss)
        for clients in (1, 8):
            report[f"{clients}_clients"] = _load(daemon, server, generator, bodies, experiment, clients, seconds)
        stored = int(daemon.psql("-c", "SELECT count(*) FROM metrics", database="mlflow"))
        sent = sum(report[f"{clients}_clients"]["requests"] + report[f"{clients}_clients"].pop("warm_up") for clients in (1, 8)) * DOMAINS
        if stored != sent:
            raise SystemExit(f"MLflow accepted {sent} metrics, but {stored} are there")
        return report
    finally:
        server.stop()


def _load(daemon: Daemon, server: Server, generator: Path, bodies: Path, experiment: str, clients: int, seconds: float) -> dict[str, Any]:
    """log-batch alone is timed: the runs are made before."""
    made = [
        server.call("runs/create", {"experiment_id": experiment, "start_time": 1767225600000})["run"]["info"]["run_id"]
        for _ in range(int(seconds * RUNS_PER_SECOND) + 4 * clients)
    ]
    ids = bodies.with_name("mlflow-ids")

    def send(chosen: list[str], duration: float) -> dict[str, Any]:
        ids.write_text("\n".join(chosen))
        return generate(
            generator, "--port", server.port, "--path", "/api/2.0/mlflow/runs/log-batch", "--bodies", bodies, "--ids", ids,
            "--clients", clients, "--seconds", duration,
        )  # fmt: skip

    daemon.psql("-c", "CHECKPOINT")
    warm = send(made[: 4 * clients], 60)["requests"]
    report = phase(lambda: send(made[4 * clients :], seconds), DOMAINS, {"server": server.cpu, "postgres": daemon.database_cpu})
    return report | {"warm_up": warm}
