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
CARD_CHECKPOINTS = 20
CARDS = 5


def measure(daemon: Daemon, generator: Path, folder: Path, sizes: tuple[int, ...]) -> dict[str, Any]:
    """Comparisons among so many summary runs, each of a checkpoint of its own; then a week's card."""
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
    lineage = registry.checkpoints(daemon, "card", CARD_CHECKPOINTS)
    bodies = runs.write(folder / "card", (runs.summary(c, revision, i) for i, c in enumerate(lineage)))
    recording.post(daemon, generator, bodies, len(lineage))
    return {"compare": compared, "card": card(daemon, "card")}


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
