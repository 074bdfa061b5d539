"""A phase of load: what the generator saw, and what the servers took meanwhile."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import machine


def generate(program: Path, *arguments: object) -> dict[str, Any]:
    result = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise SystemExit(f"the load generator failed: {result.stderr.strip()}")
    report: dict[str, Any] = json.loads(result.stdout)
    if report["refused"]:
        raise SystemExit(f"{report['refused']} requests were refused, the first with: {report['first_refusal']}")
    del report["refused"]
    return report


def phase(run: Callable[[], dict[str, Any]], cpu: dict[str, Callable[[], float]], wal: Callable[[], int]) -> dict[str, Any]:
    """Runs a load that reports its `records`; adds the CPU of each server per record, the write-ahead log per record, and what
    other programs took of the machine.

    `cpu_bound_records_per_second` is derived, not measured: what all cores could do if they did nothing else.
    """
    log = wal()
    clock, busy = time.monotonic(), machine.busy_seconds()
    before = {name: read() for name, read in cpu.items()}
    report = run()
    taken = {name: read() - before[name] for name, read in cpu.items()}
    if "generator_cpu_s" in report:
        taken["generator"] = report.pop("generator_cpu_s")
    others = machine.busy_seconds() - busy - sum(taken.values())
    records = report["records"]
    report |= {f"{name}_cpu_ms": round(seconds * 1000 / records, 3) for name, seconds in taken.items()}
    report["cpu_ms"] = round(sum(taken.values()) * 1000 / records, 3)
    report["cpu_bound_records_per_second"] = round(machine.CORES * records / max(sum(taken.values()), 1e-3), 1)
    report["wal_bytes"] = (wal() - log) // records
    report["others_cores"] = round(max(0.0, others) / (time.monotonic() - clock), 2)
    return report
