"""Summary runs into trackd: everything that is answered is committed, and counted afterwards."""

import hashlib
import json
import random
from pathlib import Path
from typing import Any

from .daemon import Daemon
from .load import generate, phase

DOMAINS = 585
BODIES = 64
WARM_UP = 1.5


def domain_names(count: int) -> list[str]:
    """As many as Paloma has, in sources of about its sizes."""
    return [f"source-{index // 40:02}/domain-{index:03}" for index in range(count)]


def prepare(daemon: Daemon, lineages: int, folder: Path) -> Path:
    """Registers a summary domain set and a checkpoint per lineage; writes the bodies and returns their file."""
    names = domain_names(DOMAINS)
    head = {"kind": "summary", "split": "val", "seed": 0, "domains": names}
    answer = daemon.call("POST", "/v1/domain-sets/benchmark/revisions", json.dumps(head).encode() + b"\n")
    checkpoints = [_register(daemon, f"benchmark-{lineages}-{index}", names[0]) for index in range(lineages)]
    numbers = random.Random(DOMAINS)
    file = folder / f"bodies-{lineages}"
    with file.open("w") as out:
        for index in range(BODIES):
            run = _run(checkpoints[index % lineages], answer["revision"]["digest"], index, names, numbers)
            out.write(json.dumps({"run": run}, separators=(",", ":")) + "\n")
    return file


def _register(daemon: Daemon, lineage: str, in_domain: str) -> dict[str, str]:
    digest = "sha256:" + hashlib.sha256(lineage.encode()).hexdigest()
    checkpoint = {"name": "checkpoint-1", "uri": "file:///nowhere", "digest": digest, "step": 1}
    body = {"lineage": lineage, "checkpoint": checkpoint, "baseline": True, "in_domain": [in_domain], "evaluate": False}
    daemon.call("POST", "/v1/checkpoints", json.dumps(body).encode())
    return {"lineage": lineage, "digest": digest}


def _run(checkpoint: dict[str, str], revision: str, index: int, names: list[str], numbers: random.Random) -> dict[str, object]:
    domains = []
    for name in names:
        tokens = numbers.randrange(10_000, 500_000)
        domains.append({"name": name, "mean_nll": numbers.uniform(1.5, 4.5), "tokens": tokens, "bytes": 4 * tokens})
    scoring = {"scoring": "all-tokens", "windows": "disjoint", "context": 1024, "prefix": "bos-or-eos", "dtype": "bfloat16", "rule": 1}
    return {
        "id": "@ID@",
        "checkpoint": checkpoint,
        "revision": revision,
        "protocol": scoring,
        "evaluator": "benchmark 1",
        "environment": {"torch": "2.13.0"},
        "reason": "imported",
        "evaluated_at": f"2026-01-01T00:{index // 60:02}:{index % 60:02}.000Z",
        "aggregation": "token-weighted",
        "domains": domains,
    }


def load(daemon: Daemon, generator: Path, bodies: Path, clients: int, seconds: float) -> dict[str, Any]:
    """One phase: its warm-up is not measured, and a checkpoint before it gives every phase the same start."""

    def send(duration: float) -> dict[str, Any]:
        return generate(
            generator, "--socket", daemon.socket, "--path", "/v1/runs", "--bodies", bodies, "--expect", '"verdict":"accepted"',
            "--clients", clients, "--seconds", duration,
        )  # fmt: skip

    daemon.psql("-c", "CHECKPOINT")
    before = daemon.call("GET", "/v1/status")["runs"]
    warm = send(WARM_UP)["requests"]
    report = phase(lambda: send(seconds), DOMAINS, {"daemon": daemon.daemon_cpu, "postgres": daemon.database_cpu})
    committed = daemon.call("GET", "/v1/status")["runs"] - before
    if committed != warm + report["requests"]:
        raise SystemExit(f"{warm + report['requests']} runs were accepted, but {committed} are there")
    body = max(len(line) for line in bodies.read_bytes().splitlines())
    return report | {"committed": committed, "body_bytes": body}
