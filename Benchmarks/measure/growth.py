"""Whether recording and reading stay as fast as the database grows: measured while it is filled with documents' values."""

import math
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from . import binary_copy, reading, recording, registry, runs
from .daemon import Daemon
from .registry import Checkpoint

# Recorded at every point: enough for a median, few enough to add little to what is there.
DOCUMENTS_RUNS = 8
SUMMARY_SECONDS = 3.0
COMPARISONS = 60
TEMPLATES = 8
EXTRAPOLATED = 1_000_000_000


def measure(daemon: Daemon, generator: Path, folder: Path, levels: tuple[int, ...]) -> dict[str, Any]:
    """Levels are numbers of documents' values; each is filled up to, then measured."""
    point = _Point(daemon, generator, folder)
    fill = _Fill(daemon)
    points = []
    for level in levels:
        filled = fill.up_to(level)
        points.append(filled | point.measure())
    result: dict[str, Any] = {"points": points}
    if fill.whole_lineage:
        result["card"] = reading.card(daemon, fill.whole_lineage)
    result["extrapolation"] = {name: extrapolation(points, name) for name in ("summary_run", "documents_run", "compare_documents")}
    return result


def extrapolation(points: list[dict[str, Any]], name: str) -> dict[str, float] | None:
    """The median as a power of the number of documents (least squares in logarithms): its factor for every tenfold, and its value at a
    thousand million."""
    if len(points) < 2:
        return None
    x = [math.log10(point["documents"]) for point in points]
    y = [math.log(point[name]["p50_ms"]) for point in points]
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    slope = sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True)) / sum((a - middle_x) ** 2 for a in x)
    at = math.exp(middle_y + slope * (math.log10(EXTRAPOLATED) - middle_x))
    return {"factor_per_tenfold": round(math.exp(slope), 3), "documents": EXTRAPOLATED, "p50_ms": round(at, 1)}


class _Point:
    """What is measured at every level: recording for one checkpoint of a lineage, comparing two others that have one run each."""

    def __init__(self, daemon: Daemon, generator: Path, folder: Path) -> None:
        self.daemon, self.generator, self.folder = daemon, generator, folder
        self.summary_pair, self.summaries = self._lineage("summaries", registry.summary_set(daemon), runs.summary)
        self.documents_pair, self.documents = self._lineage("documents", registry.documents_set(daemon), runs.documents)

    def _lineage(
        self, name: str, revision: str, make: Callable[[Checkpoint, str, int], dict[str, Any]]
    ) -> tuple[tuple[Checkpoint, Checkpoint], Path]:
        """The pair that is compared, and the bodies of the runs that are recorded."""
        first, second, recorded = registry.checkpoints(self.daemon, name, 3)
        pair = runs.write(self.folder / f"{name}-pair", [make(first, revision, 0), make(second, revision, 1)])
        recording.post(self.daemon, self.generator, pair, 2)
        bodies = runs.write(self.folder / name, (make(recorded, revision, 2 + index) for index in range(TEMPLATES)))
        return (second, first), bodies

    def measure(self) -> dict[str, Any]:
        daemon, generator = self.daemon, self.generator
        rows = daemon.count("track.run_documents")
        stored = daemon.stored_bytes("track.run_documents")
        size = {"documents": rows * registry.DOCUMENTS, "stored_bytes_per_document": stored / rows / registry.DOCUMENTS}
        return size | {
            "summary_run": recording.load(daemon, generator, self.summaries, 1, SUMMARY_SECONDS),
            "documents_run": recording.load(daemon, generator, self.documents, 1, 600, requests=DOCUMENTS_RUNS),
            "compare_summaries": reading.compare(daemon, generator, self.folder, [self.summary_pair], COMPARISONS),
            "compare_documents": reading.compare(daemon, generator, self.folder, [self.documents_pair], COMPARISONS),
        }


class _Fill:
    """Copies rows that trackd recorded, under other ids and checkpoints, by binary COPY into the product's own tables with their checks,
    foreign keys and indexes; only HTTP, JSON and digests are left out."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.lineages = 0
        # One whose checkpoints all have a run.
        self.whole_lineage: str | None = None

    def up_to(self, documents: int) -> dict[str, Any]:
        start = time.perf_counter()
        before = self.daemon.count("track.run_documents")
        missing = math.ceil(documents / registry.DOCUMENTS) - before
        if missing > 0:
            self._add(missing)
            self.daemon.psql("-c", "ANALYZE", "-c", "CHECKPOINT")
        return {"level": documents, "filled_runs": max(0, missing), "fill_s": round(time.perf_counter() - start, 1)}

    def _add(self, count: int) -> None:
        head = _Columns(self.daemon, "evaluation_run", ("id", "digest", "checkpoint_id"))
        values = _Columns(self.daemon, "run_documents", ("run_id",))
        newest = f"SELECT run_id FROM track.run_documents ORDER BY run_id DESC LIMIT {TEMPLATES}"
        heads = head.export(f"WHERE id IN ({newest}) ORDER BY id")
        documents = values.export(f"WHERE run_id IN ({newest}) ORDER BY run_id")
        for done in range(0, count, reading.CARD_CHECKPOINTS):
            name, checkpoints = self._lineage()
            if count - done >= len(checkpoints):
                self.whole_lineage = name
            checkpoints = checkpoints[: count - done]
            ids = [_uuid() for _ in checkpoints]
            head.add(
                binary_copy.replaced(heads[i % len(heads)], [ids[i], secrets.token_bytes(32), checkpoint])
                for i, checkpoint in enumerate(checkpoints)
            )
            values.add(binary_copy.replaced(documents[i % len(documents)], [ids[i]]) for i in range(len(checkpoints)))

    def _lineage(self) -> tuple[str, list[bytes]]:
        """A new lineage of as many checkpoints as a card shows; the checkpoints' row ids as COPY writes them."""
        name = f"growth-{self.lineages}"
        registry.checkpoints(self.daemon, name, reading.CARD_CHECKPOINTS)
        self.lineages += 1
        query = f"SELECT c.id FROM track.checkpoint c JOIN track.lineage l ON l.id = c.lineage_id WHERE l.name = '{name}' ORDER BY c.step"
        return name, [int(line).to_bytes(8, "big") for line in self.daemon.psql("-c", query).split()]


class _Columns:
    """The rows of a table in binary, with the columns that differ between copies first."""

    def __init__(self, daemon: Daemon, table: str, first: tuple[str, ...]) -> None:
        self.daemon, self.table = daemon, f"track.{table}"
        order = ", ".join(f"attname <> '{name}'" for name in first)
        query = f"SELECT string_agg(quote_ident(attname), ', ' ORDER BY {order}, attnum) FROM pg_attribute"
        self.names = daemon.psql("-c", f"{query} WHERE attrelid = '{self.table}'::regclass AND attnum > 0 AND NOT attisdropped").strip()

    def export(self, chosen: str) -> list[bytes]:
        query = f"COPY (SELECT {self.names} FROM {self.table} {chosen}) TO STDOUT (FORMAT binary)"
        return binary_copy.rows(subprocess.run([*self.daemon.psql_command(), "-c", query], check=True, capture_output=True).stdout)

    def add(self, rows: Iterable[bytes]) -> None:
        query = f"COPY {self.table} ({self.names}) FROM STDIN (FORMAT binary)"
        subprocess.run([*self.daemon.psql_command(), "-c", query], input=binary_copy.file(list(rows)), check=True)


def _uuid() -> bytes:
    """RFC 9562, version 7."""
    number = time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10), "big")
    return (number & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62).to_bytes(16, "big")
