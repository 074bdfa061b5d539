"""What `track compare` and `track report` ask for, among many runs."""

import json
import statistics
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from . import machine, recording, registry, runs
from .daemon import Daemon
from .load import generate, phase
from .registry import Checkpoint

CHECKPOINTS_PER_LINEAGE = 50
COMPARISONS = 300
# Of each of two checkpoints: two years of weeks.
EVALUATIONS = 100
CARD_CHECKPOINTS = 20
CARDS = 5


def measure(daemon: Daemon, generator: Path, folder: Path, sizes: tuple[int, ...]) -> dict[str, Any]:
    """Comparisons among so many summary runs, each of a checkpoint of its own; of two that were evaluated often; then a week's card."""
    revision = registry.summary_set(daemon)
    known: list[list[Checkpoint]] = []
    compared: dict[str, Any] = {}
    for size in sizes:
        while (count := len(known) * CHECKPOINTS_PER_LINEAGE) < size:
            lineage = registry.checkpoints(daemon, f"reading-{len(known)}", min(CHECKPOINTS_PER_LINEAGE, size - count))
            bodies = runs.write(folder / "reading", (runs.summary(c, revision, count + i) for i, c in enumerate(lineage)))
            recording.post(daemon, generator, bodies, len(lineage))
            known.append(lineage)
        # Neighbours, and far apart; the same number of each from every lineage.
        pairs = [(lineage[-1 - i], lineage[-2 - i] if i % 2 else lineage[0]) for i in range(20) for lineage in known]
        compared[str(size)] = compare(daemon, generator, folder, pairs, COMPARISONS)
    return {
        "compare": compared,
        "compare_repeated": _repeated(daemon, generator, folder, revision),
        "card": _summary_card(daemon, generator, folder, revision),
    }


def _repeated(daemon: Daemon, generator: Path, folder: Path, revision: str) -> dict[str, Any]:
    pair = registry.checkpoints(daemon, "repeated", 2)
    bodies = runs.write(folder / "repeated", (runs.summary(pair[i % 2], revision, i) for i in range(20)))
    recording.post(daemon, generator, bodies, 2 * EVALUATIONS)
    return compare(daemon, generator, folder, [(pair[1], pair[0])], COMPARISONS // 3)


def _summary_card(daemon: Daemon, generator: Path, folder: Path, revision: str) -> dict[str, Any]:
    lineage = registry.checkpoints(daemon, "card", CARD_CHECKPOINTS)
    bodies = runs.write(folder / "card", (runs.summary(c, revision, i) for i, c in enumerate(lineage)))
    recording.post(daemon, generator, bodies, len(lineage))
    return card(daemon, "card")


def compare(daemon: Daemon, generator: Path, folder: Path, pairs: list[tuple[Checkpoint, Checkpoint]], count: int) -> dict[str, Any]:
    """One client asks for one comparison after another."""
    targets = folder / "targets"
    targets.write_text("".join("/v1/compare?" + urlencode({"run": run.label, "reference": other.label}) + "\n" for run, other in pairs))

    def ask(number: int) -> dict[str, Any]:
        return generate(
            generator, "--socket", daemon.socket, "--targets", targets, "--expect", '"sentence"', "--requests", number, "--seconds", 600,
        )  # fmt: skip

    daemon.settle()
    ask(5)
    report = phase(lambda: ask(count), {"server": daemon.daemon_cpu, "postgres": daemon.database_cpu}, daemon.wal)
    return report | {"load_after": machine.load()}


def card(daemon: Daemon, lineage: str) -> dict[str, Any]:
    """`POST /v1/scorecards`: a lineage's newest runs are judged, rendered and published."""
    daemon.settle()
    request = json.dumps({"lineage": lineage}).encode()
    times = []
    for _ in range(CARDS):
        start = time.perf_counter()
        (view,) = daemon.call("POST", "/v1/scorecards", request)
        times.append((time.perf_counter() - start) * 1000)
    return {"checkpoints": CARD_CHECKPOINTS, "median_ms": statistics.median(times), "html_bytes": Path(view["html_path"]).stat().st_size}
