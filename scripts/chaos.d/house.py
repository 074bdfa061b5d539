"""What is under test, as it runs in the field: trackd with its PostgreSQL, workers, clients, and proxies between them."""

import json
import os
import shutil
import socket
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import reference
from history import History
from http_client import Answer, Connection
from processes import Keeper, Kept, until
from proxy import Proxy

HERE = Path(__file__).resolve().parent
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")

LEASE = 6.0
SETTINGS = {
    "TRACK_JOBS_LEASE": str(LEASE),
    "TRACK_JOBS_BEAT": "0.5",
    "TRACK_JOBS_RETRY": "0.2",
    "TRACK_WORKER_POLL": "0.3",
    "TRACK_WORKER_DRAIN": "5",
    "TRACK_SCHEDULES_POLL": "0.5",
    "TRACK_SCORING_CONTEXT": str(reference.PROTOCOL["context"]),
    "TRACK_LOG_LEVEL": "info",
}


@dataclass
class Machine:
    """A client's machine: its state folder, with its spool, and the proxy through which it reaches the daemon."""

    name: str
    folder: Path
    proxy: Proxy

    @property
    def spool(self) -> Path:
        """The folder of its spool."""
        return self.folder / "spool"


class House:
    """All processes and folders of one run."""

    def __init__(self, work: Path, binaries: Path, seed: int, history: History, *, workers: int, clients: int) -> None:
        self.work = work
        self.track = str(binaries / "track")
        self.history = history
        self.state = work / "state"
        self.clock = work / "clock-database"
        self.has_faketime = FAKETIME.exists()
        self._copy_evaluator()
        self._write_clock_program()
        self._wrap_postgres()
        port = _free_port()
        self.upstream = str(self.state / "trackd.sock")
        environment = self._environment(self.state) | SETTINGS | {"TRACK_HTTP_PORT": str(port)}
        self.daemon = Kept("trackd", [str(binaries / "trackd"), "serve"], environment, work / "trackd.log", history)
        self.workers: list[Kept] = []
        self.machines: list[Machine] = []
        self.worker_machines: list[Machine] = []
        for number in range(1, workers + 1):
            # The first speaks TCP with a token, the others a Unix socket.
            machine = self._machine(
                f"worker-{number}", reference.seeded(seed, "proxy", number), ("127.0.0.1", port) if number == 1 else None
            )
            self.worker_machines.append(machine)
            command = [*self._movable(self.work_clock(number)), self.track, "worker"]
            log = work / f"worker-{number}.log"
            self.workers.append(Kept(f"worker-{number}", command, self.client_environment(machine), log, history))
        for number in range(1, clients + 1):
            draw = reference.seeded(seed, "proxy", "client", number)
            self.machines.append(self._machine(f"client-{number}", draw, ("127.0.0.1", port) if number == 1 else None))
        for worker in self.workers:
            # A worker that speaks TCP needs the token, which the daemon makes at its first start.
            worker.held = True
        self.keeper = Keeper([self.daemon, *self.workers])

    @property
    def proxies(self) -> list[Proxy]:
        """All of them."""
        return [machine.proxy for machine in self.machines + self.worker_machines]

    def work_clock(self, worker: int) -> Path:
        """The file that moves a worker's clock."""
        return self.work / f"clock-worker-{worker}"

    def client_environment(self, machine: Machine) -> dict[str, str]:
        """For `track` on that machine."""
        token = {} if isinstance(machine.proxy.listen, str) else {"TRACK_TOKEN_FILE": str(self.state / "admin-token")}
        return self._environment(machine.folder) | {"TRACK_URL": machine.proxy.url} | token

    def connection(self, machine: Machine, timeout: float) -> Connection:
        """A raw HTTP connection of that machine."""
        token = None if isinstance(machine.proxy.listen, str) else (self.state / "admin-token").read_text().strip()
        return Connection(machine.proxy.listen, token, timeout)

    def ask(self, method: str, path: str, body: object | None = None) -> Answer:
        """A request straight to the daemon, without a proxy: for setting up and looking on."""
        return Connection(self.upstream, None, 30).ask(method, path, body)

    def is_ready(self) -> bool:
        """Whether the daemon answers, with its database."""
        try:
            return self.ask("GET", "/ready").status == 200
        except OSError:
            return False

    def await_ready(self, limit: float = 120) -> None:
        """Waits for the daemon."""
        if not until(limit, self.is_ready):
            raise RuntimeError(f"trackd was not ready within {limit:.0f} s; the end of its log:\n{self.log_end()}")

    def log_end(self) -> str:
        """The last lines of the daemon's log."""
        path = self.work / "trackd.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-8:]) if path.exists() else "(no log)"

    def psql(self, sql: str, timeout: float = 60) -> str:
        """Runs SQL in the private cluster; what it answers, without decoration. Raises CalledProcessError."""
        command = [
            "psql",
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            str(self.state / "postgres/socket"),
            "-U",
            "track",
            "track",
        ]
        environment = {
            "PATH": os.environ["PATH"],
            "PGOPTIONS": "-c search_path=track",
            "LC_ALL": "C.UTF-8",
            "PGCONNECT_TIMEOUT": "10",
        }
        ended = subprocess.run(command, input=sql, env=environment, capture_output=True, text=True, timeout=timeout, check=True)
        return ended.stdout.strip()

    def query(self, sql: str) -> object:
        """The JSON that one query answers."""
        return json.loads(self.psql(sql) or "null")

    def postmaster(self) -> int | None:
        """The process number of the private server."""
        try:
            return int((self.state / "postgres/data/postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def _machine(self, name: str, draw: "reference.random.Random", tcp: tuple[str, int] | None) -> Machine:
        folder = self.work / name
        folder.mkdir(mode=0o755, exist_ok=True)
        listen = ("127.0.0.1", 0) if tcp else str(self.work / f"{name}.sock")
        return Machine(name, folder, Proxy(listen, tcp or self.upstream, draw))

    def _environment(self, state: Path) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
        return kept | {
            "PATH": f"{self.work / 'bin'}:{os.environ['PATH']}",
            "TRACK_STATE_FOLDER": str(state),
            "TRACK_EVALUATOR_PYTHON": str(self.work / "bin/python"),
        }

    def _movable(self, clock: Path) -> list[str]:
        """What stands before a command so that its wall clock follows a file, and its monotonic one does not."""
        if not self.has_faketime:
            return []
        clock.write_text("+0\n")
        return [str(self.work / "bin/movable-clock"), str(clock)]

    def _write_clock_program(self) -> None:
        """Each process has a semaphore of its own, else one that is killed could hold it for ever. It is named beforehand: the
        library would move the environment to say its name, and Swift then looks for the command's arguments in vain."""
        settings = f'LD_PRELOAD={FAKETIME} FAKETIME_TIMESTAMP_FILE="$clock" FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1'
        name = f"/track-chaos-{self.work.name}-$$"
        _program(self.work / "bin/movable-clock", f'clock=$1; shift\nexec env {settings} "FAKETIME_SHARED={name} {name}" "$@"\n')

    def _copy_evaluator(self) -> None:
        """Where `nobody` can read it. The worker calls it as a Python with `-m track_evaluator`, which it is not told to obey."""
        folder = self.work / "bin"
        folder.mkdir(mode=0o755, exist_ok=True)
        for name in ("evaluator.py", "reference.py"):
            shutil.copy(HERE / name, folder / name)
            (folder / name).chmod(0o644)
        _program(folder / "python", f"exec /usr/bin/python3 -u {folder}/evaluator.py\n")

    def _wrap_postgres(self) -> None:
        """A server whose clock can be moved: trackd asks pg_config where the programs are, and is led here."""
        pg_config = shutil.which("pg_config") or "/usr/bin/pg_config"
        real = Path(subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=True).stdout.strip())
        folder = self.work / "bin"
        movable = " ".join(self._movable(self.clock))
        _program(folder / "postgres", f'exec {movable} {real}/postgres "$@"\n')
        (folder / "initdb").symlink_to(real / "initdb")
        _program(folder / "pg_config", f'[ "$1" = --bindir ] && echo {folder} || exec {pg_config} "$@"\n')


def _program(path: Path, text: str) -> None:
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
