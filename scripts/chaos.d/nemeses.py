"""What goes wrong. Each nemesis strikes for some seconds and then heals what it did, also when it is told to stop early."""

import contextlib
import os
import random
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import disks
import spool_trials
from house import LEASE, House
from processes import Kept, find
from world import World


@dataclass
class Field:
    """Where a nemesis acts."""

    house: House
    world: World
    draw: random.Random
    stop: threading.Event

    def wait(self, least: float, most: float) -> None:
        """A random time, cut short by the end of the run."""
        self.stop.wait(self.draw.uniform(least, most))


@dataclass(frozen=True)
class Nemesis:
    """A kind of fault. Two of one group never strike at once."""

    name: str
    group: str
    strike: Callable[[Field], str]


def daemon_kill(field: Field) -> str:
    """SIGKILL of trackd."""
    return f"pid {field.house.daemon.send(signal.SIGKILL)}"


def daemon_pause(field: Field) -> str:
    """SIGSTOP of trackd for some seconds: nobody is answered, and nobody's connection breaks."""
    pid = field.house.daemon.send(signal.SIGSTOP)
    try:
        field.wait(2, 8)
    finally:
        _continue(pid)
    return f"pid {pid}"


def worker_kill(field: Field) -> str:
    """SIGKILL of a worker."""
    worker = _busy_worker(field)
    return f"{worker.name} pid {worker.send(signal.SIGKILL)}"


def worker_pause(field: Field) -> str:
    """SIGSTOP of a worker for longer than its lease: it comes back as a zombie, and its result must be fenced."""
    worker = _busy_worker(field)
    pid = worker.send(signal.SIGSTOP)
    try:
        field.wait(1.3 * LEASE, 2.2 * LEASE)
    finally:
        _continue(pid)
    return f"{worker.name} pid {pid}"


def _busy_worker(field: Field) -> Kept:
    """One that evaluates at this moment, if there is one within some seconds: only then a fault can cost a job."""
    for _ in range(20):
        with contextlib.suppress(subprocess.SubprocessError):
            busy = field.house.query("SELECT coalesce(json_agg(pid), '[]') FROM attempt WHERE ended_at IS NULL")
            if found := [worker for worker in field.house.workers if worker.pid in busy]:
                return field.draw.choice(found)
        field.wait(0.1, 0.3)
    return field.draw.choice(field.house.workers)


def evaluator_kill(field: Field) -> str:
    """SIGKILL of an evaluator in the middle of its work."""
    for _ in range(20):
        if running := find(str(field.house.work / "bin/evaluator.py")):
            pid = field.draw.choice(running)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            return f"pid {pid}"
        field.wait(0.1, 0.3)
    return "none ran"


def command_kill(field: Field) -> str:
    """SIGKILL of `track` commands at random moments."""
    field.world.cli_kill_odds = 0.7
    try:
        field.wait(8, 15)
    finally:
        field.world.cli_kill_odds = 0.0
    return "odds 0.7"


def postmaster_kill(field: Field) -> str:
    """SIGKILL of the database's postmaster."""
    pid = field.house.postmaster()
    with contextlib.suppress(ProcessLookupError):
        if pid:
            os.kill(pid, signal.SIGKILL)
    return f"pid {pid}"


def terminate_backends(field: Field) -> str:
    """Every connection to the database is ended, three times a second."""
    ended = 0
    for _ in range(field.draw.randint(4, 15)):
        with contextlib.suppress(subprocess.SubprocessError):
            counted = (
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'track'"
            )
            ended += int(field.house.psql(counted, timeout=10))
        if field.stop.wait(0.3):
            break
    return f"{ended} connections"


def _proxy(fault: str) -> Callable[[Field], str]:
    def strike(field: Field) -> str:
        hit = field.draw.sample(field.house.proxies, field.draw.randint(1, len(field.house.proxies)))
        before = sum(proxy.counts[fault] for proxy in hit)
        for proxy in hit:
            proxy.set(fault)
        try:
            field.wait(3, 10)
        finally:
            for proxy in hit:
                proxy.set(None)
        return f"{len(hit)} proxies, {sum(proxy.counts[fault] for proxy in hit) - before} times"

    return strike


def _full(folder: Callable[[House], Path]) -> Callable[[Field], str]:
    def strike(field: Field) -> str:
        with disks.filled(folder(field.house)) as ballast:
            end = field.draw.randint(10, 30)
            for _ in range(end):
                ballast.top_up()
                if field.stop.wait(0.25):
                    break
        return f"{end / 4:.0f} s"

    return strike


def clock_database(field: Field) -> str:
    """The clock of the database's machine jumps, and some seconds later back."""
    return _jump(field, field.house.clock, ["+3600", "-7200", "+691200"])


def clock_worker(field: Field) -> str:
    """The clock of a worker's machine jumps, and some seconds later back."""
    number = field.draw.randint(1, len(field.house.workers))
    return f"worker-{number} " + _jump(field, field.house.work_clock(number), ["+86400", "-86400", "+691200"])


def _jump(field: Field, clock: Path, steps: list[str]) -> str:
    step = field.draw.choice(steps)
    _set_clock(clock, step)
    try:
        field.wait(4, 9)
    finally:
        _set_clock(clock, "+0")
    return f"{step} s"


def _set_clock(clock: Path, offset: str) -> None:
    """By a rename: whoever reads it meanwhile must not see an empty file."""
    draft = clock.with_suffix(".draft")
    draft.write_text(offset + "\n")
    draft.rename(clock)


def _continue(pid: int | None) -> None:
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


ALL = (
    Nemesis("daemon-kill", "daemon", daemon_kill),
    Nemesis("daemon-pause", "daemon", daemon_pause),
    Nemesis("worker-kill", "worker", worker_kill),
    Nemesis("worker-pause", "worker", worker_pause),
    Nemesis("evaluator-kill", "evaluator", evaluator_kill),
    Nemesis("command-kill", "command", command_kill),
    Nemesis("postmaster-kill", "database", postmaster_kill),
    Nemesis("terminate-backends", "backends", terminate_backends),
    Nemesis("proxy-cut", "proxy", _proxy("cut")),
    Nemesis("proxy-blackhole", "proxy", _proxy("blackhole")),
    Nemesis("proxy-slice", "proxy", _proxy("slice")),
    Nemesis("proxy-delay", "proxy", _proxy("delay")),
    Nemesis("proxy-refuse", "proxy", _proxy("refuse")),
    Nemesis("disk-full-database", "database", _full(lambda house: house.state)),
    Nemesis("disk-full-spool", "disk", _full(lambda house: house.machines[2].folder)),
    Nemesis("clock-database", "clock", clock_database),
    Nemesis("clock-worker", "worker", clock_worker),
    Nemesis("spool-kill", "trial", lambda field: spool_trials.kill_at_every_call(field.house, field.world, field.stop)),
    Nemesis("spool-eio", "trial", lambda field: spool_trials.failing_sync(field.house, field.world, field.stop)),
    Nemesis("spool-flip", "trial", lambda field: spool_trials.damaged_records(field.house, field.world, field.draw)),
)


def unavailable(house: House, *, has_disks: bool, has_strace: bool) -> dict[str, str]:
    """The nemeses that cannot strike here, and why."""
    missing: dict[str, str] = {}
    for nemesis in ALL:
        if nemesis.name.startswith("disk-") and not has_disks:
            missing[nemesis.name] = "needs root and a mount namespace of its own"
        elif nemesis.name.startswith("clock-") and not house.has_faketime:
            missing[nemesis.name] = "needs the Debian package libfaketime"
        elif nemesis.name in ("spool-kill", "spool-eio") and not has_strace:
            missing[nemesis.name] = "needs the Debian package strace"
    return missing


class Deck:
    """Nemeses in a seeded order, every one of them once before any comes again; struck from several lanes at once."""

    def __init__(self, nemeses: list[Nemesis], field: Field, lanes: int) -> None:
        self._nemeses = nemeses
        self._field = field
        self._order: list[Nemesis] = []
        self._lock = threading.Lock()
        self._groups = {nemesis.group: threading.Lock() for nemesis in nemeses}
        self._threads = [
            threading.Thread(target=self._run, args=(lane,), daemon=True, name=f"lane-{lane}") for lane in range(lanes)
        ]

    def start(self) -> None:
        """Begins."""
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Waits until everything is healed, after the field's stop is set."""
        for thread in self._threads:
            thread.join()

    def _run(self, lane: int) -> None:
        while not self._field.stop.is_set():
            with self._lock:
                nemesis = self._next()
                draw = random.Random(self._field.draw.getrandbits(64))
            field = Field(self._field.house, self._field.world, draw, self._field.stop)
            history = self._field.house.history
            with self._groups[nemesis.group]:
                if field.stop.is_set():
                    return
                history.note("nemesis", name=nemesis.name, lane=lane, phase="strikes")
                try:
                    said = nemesis.strike(field)
                except Exception as failure:
                    # A nemesis that fails is a fault of this program, and must be seen rather than take its lane away.
                    history.note("nemesis", name=nemesis.name, lane=lane, phase="failed", said=repr(failure))
                else:
                    history.note("nemesis", name=nemesis.name, lane=lane, phase="healed", said=said)
            field.wait(0.5, 3)

    def _next(self) -> Nemesis:
        if not self._order:
            self._order = list(self._nemeses)
            self._field.draw.shuffle(self._order)
        return self._order.pop()
