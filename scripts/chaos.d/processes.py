"""Programs that are kept running, as an init system would, and looked for in /proc."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from history import History


class Kept:
    """A program that is started again whenever it ends, unless it is held down."""

    def __init__(self, name: str, argv: list[str], environment: dict[str, str], log: Path, history: History) -> None:
        self.name = name
        self.held = False
        self.starts = 0
        self._argv = argv
        self._environment = environment
        self._log = log
        self._history = history
        self._process: subprocess.Popen[bytes] | None = None
        self._ended_at = 0.0
        self._killed = False
        self._lock = threading.RLock()

    @property
    def pid(self) -> int | None:
        """Its process number while it runs."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def keep(self) -> None:
        """Starts it if it is not running, half a second after its end. Called again and again."""
        with self._lock:
            if self.held or self.pid is not None:
                return
            if self._process is not None:
                self._history.note("exit", program=self.name, status=self._process.returncode, killed=self._killed)
                self._process, self._ended_at = None, time.monotonic()
            if time.monotonic() - self._ended_at < 0.5:
                return
            self._killed = False
            with self._log.open("ab") as log:
                # Its own session: what is signalled is the program alone, as a nemesis means it.
                self._process = subprocess.Popen(
                    self._argv, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )
            self.starts += 1

    def send(self, number: signal.Signals) -> int | None:
        """Signals the running program; its process number, None when it was not running."""
        with self._lock:
            pid = self.pid
            if pid is None:
                return None
            self._killed = self._killed or number == signal.SIGKILL
            os.kill(pid, number)
            return pid

    def stop(self, limit: float) -> bool:
        """Ends it by SIGTERM and holds it down; whether it ended within the limit of seconds."""
        self.held = True
        process = self._process
        if process is None or process.poll() is not None:
            return True
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False
        return True


class Keeper:
    """Keeps all of them running from a thread of its own."""

    def __init__(self, programs: list[Kept]) -> None:
        self.programs = programs
        self._stopped = threading.Event()
        threading.Thread(target=self._run, daemon=True, name="keeper").start()

    def _run(self) -> None:
        while not self._stopped.wait(0.1):
            for program in self.programs:
                program.keep()

    def end(self) -> None:
        """No program is started again from now on."""
        self._stopped.set()


def find(*marks: str) -> list[int]:
    """The processes whose command line holds every mark. Zombies have none."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if line and all(mark in line for mark in marks):
                found.append(int(entry.name))
    return sorted(found)


def resources(pid: int) -> tuple[int, int] | None:
    """Open descriptors and resident KiB of a process."""
    with contextlib.suppress(OSError, StopIteration, ValueError):
        descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return descriptors, int(next(line for line in lines if line.startswith("VmRSS")).split()[1])
    return None


def until(limit: float, condition: Callable[[], bool], pause: float = 0.25) -> bool:
    """Waits for a condition; False when it does not hold within the limit of seconds."""
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() >= end:
            return False
        time.sleep(pause)
    return True
