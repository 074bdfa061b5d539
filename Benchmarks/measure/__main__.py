"""scripts/benchmark: starts a trackd of its own, measures, prints tables and writes JSON."""

import argparse
import dataclasses
import datetime
import json
import tempfile
from collections.abc import Set
from pathlib import Path
from typing import Any

from . import copying, documents, goals, growth, machine, mlflow_load, mlflow_server, processes, reading, recording, report, starting
from .daemon import Daemon

BENCHMARKS = Path(__file__).resolve().parent.parent
SECTIONS = ("start", "reading", "recording", "documents", "growth")


@dataclasses.dataclass(frozen=True)
class Plan:
    # Of load per phase.
    seconds: float
    # Runs with documents that are copied beside it.
    copied_documents: int
    # Among how many runs is read.
    reading: tuple[int, ...]
    # Documents' values in the database.
    growth: tuple[int, ...]


FULL = Plan(seconds=10, copied_documents=24, reading=(100, 1000), growth=(0, 1_000_000, 10_000_000))
QUICK = Plan(seconds=2, copied_documents=6, reading=(100,), growth=(0, 1_000_000))


def measure_start(daemon: Daemon) -> dict[str, Any]:
    server = processes.tree(daemon.postmaster)
    sizes = {"trackd": processes.memory([daemon.process.pid]), "PostgreSQL": processes.memory(server)}
    sizes["all processes"] = processes.memory(sorted({*processes.tree(daemon.process.pid), *server}))
    memory = {name: {"rss_mib": round(size.rss, 1), "pss_mib": round(size.pss, 1)} for name, size in sizes.items()}
    return {"programs": starting.measure(daemon), "idle_memory": memory}


def measure(binaries: Path, sections: Set[str], plan: Plan, with_mlflow: bool) -> dict[str, Any]:
    """The sections on one cluster; growth on one of its own, because it begins with an empty database."""
    generator = binaries / "generator"
    results: dict[str, Any] = {}
    with Daemon(binaries) as daemon:
        results["machine"] = machine.facts(daemon.folder)
        folder = Path(tempfile.mkdtemp(dir=daemon.folder))
        if "start" in sections:
            results["start"] = measure_start(daemon)
        if "reading" in sections:
            results["reading"] = reading.measure(daemon, generator, folder, plan.reading)
        if "recording" in sections:
            results["recording"] = recording.summaries(daemon, generator, folder, plan.seconds)
            # As many as eight clients recorded: a longer load meets checkpoints of the database and full buffers, a short copy neither.
            recorded = results["recording"]["track"]["8 clients"]["records"]
            results["recording"]["copy"] = copying.summaries(daemon, folder, recorded)
        if with_mlflow and sections & {"recording", "reading"}:
            sizes = plan.reading if "reading" in sections else ()
            try:
                results["mlflow"] = mlflow_load.measure(daemon, generator, folder, plan.seconds, sizes)
            except mlflow_server.Unavailable as reason:
                results["mlflow"] = {"unavailable": str(reason)}
        if "documents" in sections:
            results["documents"] = documents.measure(daemon, generator, folder, plan.seconds, plan.copied_documents)
    if "growth" in sections:
        with Daemon(binaries) as daemon:
            folder = Path(tempfile.mkdtemp(dir=daemon.folder))
            results["growth"] = growth.measure(daemon, generator, folder, plan.growth)
    results["machine"]["load_after"] = machine.load()
    results["goals"] = goals.reached(results)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description="Measure track; see Benchmarks/README.md.")
    parser.add_argument("what", nargs="*", choices=(*SECTIONS, "all"), default="all", help="the sections, or all (default)")
    parser.add_argument("--quick", action="store_true", help="a few minutes: short phases and small databases, for a look")
    parser.add_argument("--with-mlflow", action="store_true", help="measure an MLflow server beside it (installs it)")
    parser.add_argument("--grow-to", type=int, metavar="MILLIONS", help="go on filling to so many million documents' values")
    parser.add_argument("--binaries", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    plan = QUICK if options.quick else FULL
    if options.grow_to:
        plan = dataclasses.replace(plan, growth=tuple(sorted({*plan.growth, options.grow_to * 1_000_000})))
    sections = set(SECTIONS) if "all" in options.what else set(options.what)

    results = measure(options.binaries, sections, plan, options.with_mlflow)
    print(*report.lines(results), sep="\n")
    file = BENCHMARKS / "results" / f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H%M%SZ}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(results, indent=2) + "\n")
    print(f"\nWritten to {file.relative_to(BENCHMARKS.parent)}")


if __name__ == "__main__":
    main()
