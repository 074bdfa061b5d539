"""scripts/benchmark: starts a trackd of its own, measures, prints a table and writes JSON."""

import argparse
import datetime
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from . import copying, machine, mlflow_server, processes, recording, report, starting
from .daemon import Daemon

BENCHMARKS = Path(__file__).resolve().parent.parent


def measure_start(daemon: Daemon) -> dict[str, Any]:
    server = processes.tree(daemon.postmaster)
    sizes = {"trackd": processes.memory([daemon.process.pid]), "PostgreSQL": processes.memory(server)}
    sizes["all processes"] = processes.memory(sorted({*processes.tree(daemon.process.pid), *server}))
    memory = {name: {"rss_mib": round(size.rss, 1), "pss_mib": round(size.pss, 1)} for name, size in sizes.items()}
    return {"programs": starting.measure(daemon), "idle_memory": memory}


def measure_recording(daemon: Daemon, generator: Path, seconds: float, with_mlflow: bool) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(dir=daemon.folder))
    loads: dict[str, Any] = {}
    for name, clients, lineages in (("1_client", 1, 1), ("8_clients", 8, 1), ("8_clients_8_lineages", 8, 8)):
        loads[name] = recording.load(daemon, generator, recording.prepare(daemon, lineages, folder), clients, seconds)
    result: dict[str, Any] = {"seconds": seconds, "domains": recording.DOMAINS, "track": loads}
    after = processes.memory([daemon.process.pid])
    result["trackd_after_load"] = {"rss_mib": round(after.rss, 1), "pss_mib": round(after.pss, 1)}
    result["copy"] = copying.measure(daemon, folder)
    if with_mlflow:
        try:
            result["mlflow"] = mlflow_server.measure(daemon, generator, folder, seconds)
        except mlflow_server.Unavailable as reason:
            result["mlflow"] = {"unavailable": str(reason)}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description="Measure track; see Benchmarks/README.md.")
    parser.add_argument("what", nargs="?", choices=("recording", "start", "all"), default="all")
    parser.add_argument("--seconds", type=float, default=10, help="of load per phase")
    parser.add_argument("--with-mlflow", action="store_true", help="measure an MLflow server beside it (installs it)")
    parser.add_argument("--binaries", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()

    results: dict[str, Any] = {}
    with Daemon(options.binaries) as daemon:
        results["machine"] = machine.facts(daemon.folder)
        if options.what in ("start", "all"):
            results["start"] = measure_start(daemon)
        if options.what in ("recording", "all"):
            results["recording"] = measure_recording(daemon, options.binaries / "recording", options.seconds, options.with_mlflow)
    results["machine"]["load_after"] = round(os.getloadavg()[0], 2)
    results["goals"] = report.ratios(results)

    facts = results["machine"]
    load = f"load {facts['load_before']} before and {facts['load_after']} after"
    print(f"{facts['cores']} cores of {facts['cpu']}, Linux {facts['kernel']}, {facts['file_system']}, {load}")
    for key, lines in (("recording", report.recording), ("start", report.starting)):
        if key in results:
            print("", *lines(results[key]), sep="\n")
    print("", *report.goals(results), sep="\n")
    file = BENCHMARKS / "results" / f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H%M%SZ}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(results, indent=2) + "\n")
    print(f"\nWritten to {file.relative_to(BENCHMARKS.parent)}")


if __name__ == "__main__":
    main()
