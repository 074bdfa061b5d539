"""The load generator, and a phase of load with what the servers took meanwhile."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any


def generate(program: Path, *arguments: object) -> dict[str, Any]:
    result = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise SystemExit(f"the load generator failed: {result.stderr.strip()}")
    report: dict[str, Any] = json.loads(result.stdout)
    if report["refused"]:
        raise SystemExit(f"{report['refused']} requests were refused, the first with: {report['first_refusal']}")
    return report


def phase(run: Callable[[], dict[str, Any]], metrics: int, cpu: dict[str, Callable[[], float]]) -> dict[str, Any]:
    """One load with the CPU per request, in milliseconds, of each server."""
    before = {name: read() for name, read in cpu.items()}
    report = run()
    for name, read in cpu.items():
        report[f"{name}_cpu_ms_per_request"] = round((read() - before[name]) * 1000 / report["requests"], 3)
    report["generator_cpu_ms_per_request"] = round(report.pop("generator_cpu_s") * 1000 / report["requests"], 3)
    report["metrics_per_second"] = report["requests_per_second"] * metrics
    del report["refused"]
    return report
