"""The same numbers into an MLflow server and out of it, under the same load generator."""

import json
import random
from pathlib import Path
from typing import Any

from . import processes
from .daemon import Daemon
from .load import generate, phase
from .mlflow_server import VERSION, WORKERS, Server, install
from .registry import DOMAINS, domain_names

BODIES = 64
# Above what the server can take in a second on a few cores: every request logs into a run of its own, made beforehand.
RUNS_PER_SECOND = 30
# Reading a thousand runs takes most of a minute.
SEARCHES = 3
GETS = 100
START_TIME = 1767225600000


def measure(daemon: Daemon, generator: Path, folder: Path, seconds: float, sizes: tuple[int, ...]) -> dict[str, Any]:
    server = Server(install(), daemon)
    try:
        idle = processes.memory(processes.tree(server.process.pid)).pss
        experiment = server.call("experiments/create", {"name": "recording"})["experiment_id"]
        bodies = _bodies(folder)
        recording = {
            f"{n} client{'s' if n > 1 else ''}": _record(daemon, server, generator, bodies, experiment, n, seconds) for n in (1, 8)
        }
        loaded = processes.memory(processes.tree(server.process.pid)).pss
        stored = int(daemon.psql("-c", "SELECT count(*) FROM metrics", database="mlflow"))
        sent = sum(report["records"] + report["warm_up"] for report in recording.values()) * DOMAINS
        if stored != sent:
            raise SystemExit(f"MLflow accepted {sent} metrics, but {stored} are there")
        return {
            "version": VERSION,
            "workers": WORKERS,
            "idle_pss_mib": round(idle),
            "loaded_pss_mib": round(loaded),
            "recording": recording,
            "reading": {str(size): _read(daemon, server, generator, folder, size) for size in sizes},
        }
    finally:
        server.stop()


def _metrics(index: int) -> list[dict[str, object]]:
    numbers = random.Random(index)
    return [{"key": name, "value": numbers.uniform(1.5, 4.5), "timestamp": START_TIME + index, "step": 1} for name in domain_names()]


def _bodies(folder: Path) -> Path:
    file = folder / "mlflow-bodies"
    bodies = ({"run_id": "@ID@", "metrics": _metrics(index)} for index in range(BODIES))
    file.write_text("".join(json.dumps(body, separators=(",", ":")) + "\n" for body in bodies))
    return file


def _make_run(server: Server, experiment: str) -> str:
    made: str = server.call("runs/create", {"experiment_id": experiment, "start_time": START_TIME})["run"]["info"]["run_id"]
    return made


def _record(daemon: Daemon, server: Server, generator: Path, bodies: Path, experiment: str, clients: int, seconds: float) -> dict[str, Any]:
    """log-batch alone is timed: the runs are made before."""
    made = [_make_run(server, experiment) for _ in range(int(seconds * RUNS_PER_SECOND) + 4 * clients)]
    ids = bodies.with_name("mlflow-ids")

    def send(chosen: list[str], duration: float) -> dict[str, Any]:
        ids.write_text("\n".join(chosen))
        return generate(
            generator, "--port", server.port, "--path", "/api/2.0/mlflow/runs/log-batch", "--bodies", bodies, "--ids", ids,
            "--clients", clients, "--seconds", duration,
        )  # fmt: skip

    warm = send(made[: 4 * clients], 60)["records"]
    daemon.psql("-c", "CHECKPOINT")
    cpu = {"server": server.cpu, "postgres": daemon.database_cpu}
    return phase(lambda: send(made[4 * clients :], seconds), cpu, daemon.wal) | {"warm_up": warm}


def _read(daemon: Daemon, server: Server, generator: Path, folder: Path, size: int) -> dict[str, Any]:
    """All runs of an experiment by runs/search, and one run by runs/get."""
    experiment = server.call("experiments/create", {"name": f"reading-{size}"})["experiment_id"]
    run = _make_run(server, experiment)
    server.call("runs/log-batch", {"run_id": run, "metrics": _metrics(0)})
    _clone(daemon, run, size - 1)
    search = folder / "mlflow-search"
    search.write_text(json.dumps({"experiment_ids": [experiment], "max_results": size}) + "\n")
    target = folder / "mlflow-get"
    target.write_text(f"/api/2.0/mlflow/runs/get?run_id={run}\n")
    searching = ("--path", "/api/2.0/mlflow/runs/search", "--bodies", search, "--expect", '"runs"')

    def ask(number: int, *what: object) -> dict[str, Any]:
        return phase(
            lambda: generate(generator, "--port", server.port, *what, "--requests", number, "--seconds", 600),
            {"server": server.cpu, "postgres": daemon.database_cpu}, daemon.wal,
        )  # fmt: skip

    return {"search_all": ask(SEARCHES, *searching), "get_one": ask(GETS, "--targets", target)}


def _clone(daemon: Daemon, run: str, count: int) -> None:
    """More runs like this one, by SQL: how they came in does not matter to those who read them."""
    same = "key, timestamp, step, is_nan"
    copied = "".join(
        f"INSERT INTO {table} ({same}, value, run_uuid) "
        f"SELECT {same}, value + random(), fresh.id FROM {table}, fresh WHERE run_uuid = '{run}';"
        for table in ("metrics", "latest_metrics")
    )
    daemon.psql(
        "-c", f"CREATE TEMP TABLE fresh AS SELECT md5(random()::text || i) AS id FROM generate_series(1, {count}) i",
        "-c", "INSERT INTO runs SELECT (jsonb_populate_record(r, jsonb_build_object('run_uuid', fresh.id))).* "
              f"FROM runs r, fresh WHERE r.run_uuid = '{run}'",
        "-c", f"INSERT INTO tags (key, value, run_uuid) SELECT key, value, fresh.id FROM tags, fresh WHERE run_uuid = '{run}'",
        "-c", copied, "-c", "ANALYZE", "-c", "CHECKPOINT",
        database="mlflow",
    )  # fmt: skip
