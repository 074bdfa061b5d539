"""Runs with the values of their documents: 585 domains of 200 documents, about 4 MB of JSON each."""

from pathlib import Path
from typing import Any

from . import copying, recording, registry, runs
from .daemon import Daemon

BODIES = 8


def measure(daemon: Daemon, generator: Path, folder: Path, seconds: float, copied: int) -> dict[str, Any]:
    revision = registry.documents_set(daemon)
    baseline, tuned = registry.checkpoints(daemon, "documents", 2)
    recording.post(daemon, generator, runs.write(folder / "baseline", [runs.documents(baseline, revision, 0)]), 1)
    bodies = runs.write(folder / "documents", (runs.documents(tuned, revision, 1 + index) for index in range(BODIES)))
    loads = {f"{n} client{'s' if n > 1 else ''}": recording.load(daemon, generator, bodies, n, seconds) for n in (1, 4)}
    rows = daemon.count("track.run_documents")
    stored = daemon.stored_bytes("track.run_documents") / rows / registry.DOCUMENTS
    return {
        "documents_per_run": registry.DOCUMENTS,
        "body_bytes": round(bodies.stat().st_size / BODIES),
        "revision": revision,
        "track": loads,
        "stored_bytes_per_document": round(stored, 2),
        "copy": copying.documents(daemon, folder, copied),
    }
