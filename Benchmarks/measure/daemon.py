"""A trackd of our own, on a fresh state folder, gone afterwards."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from . import processes


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(str(self.path))


class Daemon:
    def __init__(self, binaries: Path) -> None:
        self.binaries = binaries
        self.folder = Path(tempfile.mkdtemp(prefix="track-benchmark-"))
        # The user who runs the database must be able to pass through.
        self.folder.chmod(0o755)
        self.state = self.folder / "state"
        self.socket = self.state / "trackd.sock"
        self.environment = {**os.environ, "TRACK_STATE_FOLDER": str(self.state)}

    def __enter__(self) -> Self:
        log = (self.folder / "log").open("wb")
        self.process = subprocess.Popen(
            [self.binaries / "trackd", "serve"],
            env=self.environment | {"TRACK_WORKER_ENABLED": "false", "TRACK_HTTP_PORT": "0"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                self.call("GET", "/ready")
                return self
            except (OSError, http.client.HTTPException) as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self._remove()
                    raise SystemExit(f"trackd did not start:\n{self.log_tail}") from error
                time.sleep(0.1)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self._remove()

    def _remove(self) -> None:
        self.log_tail = (self.folder / "log").read_text(errors="replace")[-2000:]
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> Any:
        connection = UnixConnection(self.socket)
        try:
            connection.request(method, path, body, {"Content-Type": kind} if body else {})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path} answered {answer.status}: {content[:500].decode(errors='replace')}")
        return json.loads(content)

    @property
    def postmaster(self) -> int:
        return int((self.state / "postgres/data/postmaster.pid").read_text().splitlines()[0])

    @property
    def database_socket(self) -> Path:
        # The fifth line, as PostgreSQL documents it.
        return Path((self.state / "postgres/data/postmaster.pid").read_text().splitlines()[4])

    def database_cpu(self) -> float:
        return processes.cpu_seconds(processes.tree(self.postmaster))

    def daemon_cpu(self) -> float:
        return processes.cpu_seconds([self.process.pid])

    def settle(self) -> None:
        """Waits until what earlier requests set off, like the judging of lineages, is done: under 5 % of a core for half a second."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            before = self.daemon_cpu() + self.database_cpu()
            time.sleep(0.5)
            if self.daemon_cpu() + self.database_cpu() - before < 0.025:
                return
        raise SystemExit("trackd is still busy two minutes after the last request")

    def wal(self) -> int:
        """Bytes of write-ahead log since the cluster was made."""
        return int(self.psql("-c", "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"))

    def stored_bytes(self, table: str) -> int:
        """With indexes and TOAST."""
        return int(self.psql("-c", f"SELECT pg_total_relation_size('{table}')"))

    def count(self, table: str) -> int:
        return int(self.psql("-c", f"SELECT count(*) FROM {table}"))

    def psql(self, *arguments: str, database: str = "track") -> str:
        command = [*self.psql_command(database), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def psql_command(self, database: str = "track") -> list[str]:
        return [
            "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self.database_socket), "-U", "track", "-d", database,
        ]  # fmt: skip
