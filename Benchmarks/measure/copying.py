r"""The same rows by psql's \copy, into tables of the same form in the same cluster with the same durability.

LIKE … INCLUDING ALL takes over defaults, checks, indexes and storage, but neither foreign keys nor triggers. Times are psql's own
(\timing), so that its start does not count.
"""

import re
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from . import binary_copy, processes
from .daemon import Daemon
from .load import phase

TIME = re.compile(r"^Time: ([0-9.]+) ms", re.MULTILINE)
REPEATS = 3


@dataclass(frozen=True)
class Table:
    name: str
    # Which rows of it are copied, and in which order.
    chosen: str

    @property
    def copy(self) -> str:
        return f"track.benchmark_{self.name}"


@dataclass(frozen=True)
class Rows:
    """Records as files for \\copy; a record is a row in each of the tables."""

    tables: list[Table]
    options: str
    # Per table a file with all rows.
    whole: list[Path]
    # Per record the commands of its transaction.
    transactions: list[str]


def summaries(daemon: Daemon, folder: Path, count: int) -> dict[str, Any]:
    """Rows of summary runs as text, which is how \\copy is used."""
    table = Table("evaluation_run", f"ORDER BY recorded_at DESC LIMIT {count}")
    _make(daemon, [table])
    whole = _export(daemon, folder, table, "")
    lines = whole.read_text().splitlines(keepends=True)
    rows = Rows([table], "", [whole], [f"\\copy {table.copy} FROM stdin\n{line}\\.\n" for line in lines])
    return _measure(daemon, folder, rows, (1, 8)) | {"row_copy_bytes": whole.stat().st_size // len(lines)}


def documents(daemon: Daemon, folder: Path, count: int) -> dict[str, Any]:
    """Both rows of documents runs in binary, which is the fastest form that arrays have."""
    newest = f"SELECT run_id FROM track.run_documents ORDER BY run_id DESC LIMIT {count}"
    tables = [
        Table("evaluation_run", f"WHERE id IN ({newest}) ORDER BY id"),
        Table("run_documents", f"WHERE run_id IN ({newest}) ORDER BY run_id"),
    ]
    _make(daemon, tables)
    options = " (FORMAT binary)"
    whole = [_export(daemon, folder, table, options) for table in tables]
    single = [[f"\\copy {t.copy} FROM '{file}'{options}\n" for file in _apart(path)] for t, path in zip(tables, whole, strict=True)]
    transactions = [f"BEGIN;\n{''.join(commands)}COMMIT;\n" for commands in zip(*single, strict=True)]
    rows = Rows(tables, options, whole, transactions)
    return _measure(daemon, folder, rows, (1, 4)) | {"row_copy_bytes": sum(path.stat().st_size for path in whole) // len(transactions)}


def _make(daemon: Daemon, tables: list[Table]) -> None:
    for table in tables:
        daemon.psql("-c", f"DROP TABLE IF EXISTS {table.copy}", "-c", f"CREATE TABLE {table.copy} (LIKE track.{table.name} INCLUDING ALL)")


def _export(daemon: Daemon, folder: Path, table: Table, options: str) -> Path:
    file = folder / f"copy-{table.name}"
    daemon.psql("-c", f"\\copy (SELECT * FROM track.{table.name} {table.chosen}) TO '{file}'{options}")
    return file


def _apart(file: Path) -> list[Path]:
    files = []
    for index, row in enumerate(binary_copy.rows(file.read_bytes())):
        files.append(file.with_name(f"{file.name}-{index}"))
        files[-1].write_bytes(binary_copy.file([row]))
    return files


def _measure(daemon: Daemon, folder: Path, rows: Rows, sessions: tuple[int, ...]) -> dict[str, Any]:
    """All rows in one transaction, the median of three; then a transaction for every record, as recording must."""
    loads = {"one transaction": sorted((_whole(daemon, rows) for _ in range(REPEATS)), key=lambda load: load["seconds"])[REPEATS // 2]}
    stored = sum(daemon.stored_bytes(table.copy) for table in rows.tables) // len(rows.transactions)
    for count in sessions:
        name = f"a transaction per row, {count} session{'s' if count > 1 else ''}"
        loads[name] = _phase(daemon, rows, partial(_single, daemon, folder, rows, count))
    return {"rows": len(rows.transactions), "row_stored_bytes": stored, "loads": loads}


def _phase(daemon: Daemon, rows: Rows, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    daemon.settle()
    servers = len(processes.tree(daemon.postmaster))
    daemon.psql("-c", f"TRUNCATE {', '.join(table.copy for table in rows.tables)}", "-c", "CHECKPOINT")

    def postgres_cpu() -> float:
        # The time of a session's server process counts only when the postmaster has collected it.
        deadline = time.monotonic() + 10
        while len(processes.tree(daemon.postmaster)) > servers and time.monotonic() < deadline:
            time.sleep(0.01)
        return daemon.database_cpu()

    report = phase(run, {"psql": processes.ended_children_cpu_seconds, "postgres": postgres_cpu}, daemon.wal)
    return report | {"records_per_second": report["records"] / report["seconds"]}


def _whole(daemon: Daemon, rows: Rows) -> dict[str, Any]:
    commands = [f"\\copy {table.copy} FROM '{file}'{rows.options}" for table, file in zip(rows.tables, rows.whole, strict=True)]

    def run() -> dict[str, Any]:
        arguments = [text for command in ("\\timing on", "BEGIN", *commands, "COMMIT") for text in ("-c", command)]
        times = _times(daemon.psql(*arguments))
        return {"seconds": sum(times) / 1000, "records": len(rows.transactions)}

    return _phase(daemon, rows, run)


def _single(daemon: Daemon, folder: Path, rows: Rows, sessions: int) -> dict[str, Any]:
    scripts = []
    for session in range(sessions):
        script = folder / f"copy-{session}.sql"
        script.write_text("\\timing on\n" + "".join(rows.transactions[session::sessions]))
        scripts.append(script)
    start = time.perf_counter()
    running = [subprocess.Popen([*daemon.psql_command(), "-f", script], stdout=subprocess.PIPE, text=True) for script in scripts]
    outputs = [process.communicate()[0] for process in running]
    elapsed = time.perf_counter() - start
    if any(process.returncode for process in running):
        raise SystemExit("a \\copy failed")
    statements = [_times(output) for output in outputs]
    per_record = sum(len(times) for times in statements) // len(rows.transactions)
    latencies = [sum(times[place : place + per_record]) for times in statements for place in range(0, len(times), per_record)]
    percentiles = statistics.quantiles(latencies, n=100, method="inclusive")
    seconds = sum(statements[0]) / 1000 if sessions == 1 else elapsed
    return {"seconds": seconds, "records": len(rows.transactions), "p50_ms": percentiles[49], "p99_ms": percentiles[98]}


def _times(output: str) -> list[float]:
    times = [float(time) for time in TIME.findall(output)]
    if not times:
        raise SystemExit(f"psql gave no time: {output}")
    return times
