"""The same rows by psql's \\copy, into a table of the same form in the same cluster with the same durability."""

import re
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

from .daemon import Daemon
from .recording import DOMAINS

ROWS = 4000
TABLE = "track.benchmark_copy"


def measure(daemon: Daemon, folder: Path) -> dict[str, Any]:
    """Rows per second: all rows in one transaction, and one transaction per row with 1 and with 8 sessions.

    LIKE … INCLUDING ALL takes over defaults, checks and indexes, but neither foreign keys nor triggers.
    """
    daemon.psql("-c", f"CREATE TABLE {TABLE} (LIKE track.evaluation_run INCLUDING ALL)")
    rows = folder / "rows"
    daemon.psql("-c", f"\\copy (SELECT * FROM track.evaluation_run ORDER BY recorded_at DESC LIMIT {ROWS}) TO '{rows}'")
    lines = rows.read_bytes().splitlines(keepends=True)
    whole = statistics.median(_whole(daemon, rows, len(lines)) for _ in range(5))
    return {
        "rows": len(lines),
        "row_text_bytes": round(rows.stat().st_size / len(lines)),
        "row_stored_bytes": int(daemon.psql("-c", f"SELECT pg_total_relation_size('{TABLE}') / count(*) FROM {TABLE}")),
        "one_transaction_rows_per_second": whole,
        "one_transaction_metrics_per_second": whole * DOMAINS,
        "transaction_per_row_1_session_rows_per_second": _single(daemon, folder, lines, 1),
        "transaction_per_row_8_sessions_rows_per_second": _single(daemon, folder, lines, 8),
    }


def _empty(daemon: Daemon) -> None:
    daemon.psql("-c", f"TRUNCATE {TABLE}", "-c", "CHECKPOINT")


def _whole(daemon: Daemon, rows: Path, count: int) -> float:
    _empty(daemon)
    # psql's own clock, so that the start of psql does not count.
    output = daemon.psql("-c", "\\timing on", "-c", f"\\copy {TABLE} FROM '{rows}'")
    found = re.search(r"Time: ([0-9.]+) ms", output)
    if not found:
        raise SystemExit(f"psql gave no time: {output}")
    return count / float(found[1]) * 1000


def _single(daemon: Daemon, folder: Path, lines: list[bytes], sessions: int) -> float:
    _empty(daemon)
    scripts = []
    for session in range(sessions):
        script = folder / f"copy-{session}.sql"
        script.write_bytes(b"".join(f"\\copy {TABLE} FROM stdin\n".encode() + line + b"\\.\n" for line in lines[session::sessions]))
        scripts.append(script)
    start = time.perf_counter()
    running = [subprocess.Popen([*daemon.psql_command(), "-f", script], stdout=subprocess.DEVNULL) for script in scripts]
    # Every one is waited for, also after a failure.
    statuses = [process.wait() for process in running]
    if any(statuses):
        raise SystemExit("a \\copy failed")
    return len(lines) / (time.perf_counter() - start)
