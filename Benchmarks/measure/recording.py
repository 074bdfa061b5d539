"""Loads on trackd's way in: everything that is answered is committed, and counted afterwards."""

from pathlib import Path
from typing import Any

from . import machine, processes, registry, runs
from .daemon import Daemon
from .load import generate, phase

BODIES = 64
# Runs in one request of the bulk form: 55 MB.
BULK_LINES = 1000
WARM_UP = 1.5
# Where the number of requests is given, because every one of them makes the database larger.
WARM_UP_REQUESTS = 2


def summaries(daemon: Daemon, generator: Path, folder: Path, seconds: float) -> dict[str, Any]:
    """Summary runs: by one and by eight clients, into one lineage and into eight, and in bulk."""
    revision = registry.summary_set(daemon)
    one, eight = (_bodies(daemon, generator, lineages, revision, folder) for lineages in (1, 8))
    loads = {
        "1 client": load(daemon, generator, one, 1, seconds),
        "8 clients": load(daemon, generator, one, 8, seconds),
        "8 clients, 8 lineages": load(daemon, generator, eight, 8, seconds),
        "bulk, 1 client": load(daemon, generator, eight, 1, seconds, lines=BULK_LINES),
    }
    body = round(eight.stat().st_size / BODIES)
    return {"domains": registry.DOMAINS, "body_bytes": body, "track": loads}


def _bodies(daemon: Daemon, generator: Path, lineages: int, revision: str, folder: Path) -> Path:
    """Lineages of a baseline, which has its run, and of the checkpoint that the load records."""
    pairs = [registry.checkpoints(daemon, f"recording-{lineages}-{number}", 2) for number in range(lineages)]
    baselines = (runs.summary(pair[0], revision, number) for number, pair in enumerate(pairs))
    post(daemon, generator, runs.write(folder / "baselines", baselines), lineages)
    bodies = (runs.summary(pairs[index % lineages][1], revision, BODIES + index) for index in range(BODIES))
    return runs.write(folder / f"bodies-{lineages}", bodies)


def post(
    daemon: Daemon,
    generator: Path,
    bodies: Path,
    requests: int | None = None,
    clients: int = 1,
    seconds: float = 600,
    lines: int | None = None,
) -> dict[str, Any]:
    """Posts the bodies in turn until the time or the number of requests is reached."""
    path = "/v1/runs" if lines is None else "/v1/runs/bulk"
    optional = [text for name, value in (("--requests", requests), ("--lines", lines)) if value is not None for text in (name, value)]
    return generate(
        generator, "--socket", daemon.socket, "--path", path, "--bodies", bodies, "--expect", '"verdict":"accepted"',
        "--clients", clients, "--seconds", seconds, *optional,
    )  # fmt: skip


def load(
    daemon: Daemon, generator: Path, bodies: Path, clients: int, seconds: float, lines: int | None = None, requests: int | None = None
) -> dict[str, Any]:
    """One phase: its warm-up is not measured, and a checkpoint of the database before it gives every phase the same start."""
    before = daemon.count("track.evaluation_run")
    warm = post(daemon, generator, bodies, WARM_UP_REQUESTS if requests else None, clients, WARM_UP, lines)["records"]
    daemon.settle()
    daemon.psql("-c", "CHECKPOINT")
    start = processes.memory([daemon.process.pid]).rss
    processes.forget_peak(daemon.process.pid)
    cpu = {"server": daemon.daemon_cpu, "postgres": daemon.database_cpu}
    report = phase(lambda: post(daemon, generator, bodies, requests, clients, seconds, lines), cpu, daemon.wal)
    peak = processes.peak_rss(daemon.process.pid)
    committed = daemon.count("track.evaluation_run") - before
    if committed != warm + report["records"]:
        raise SystemExit(f"{warm + report['records']} runs were accepted, but {committed} are there")
    return report | {"rss_before_mib": round(start, 1), "rss_peak_mib": round(peak, 1), "load_after": machine.load()}
