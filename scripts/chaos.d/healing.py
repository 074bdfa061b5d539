"""After the last nemesis: everything runs again, and all that waits is delivered and worked off. Deadlines, no fixed sleeps."""

import contextlib
import hashlib
import json
import re
import signal
import subprocess
from collections.abc import Iterator

import command_line
from case import Remains
from house import House, Machine
from nemeses import Field
from processes import find, until

FOLDERS = ("new", "work", "sent", "quarantine")
RUN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def heal(field: Field, remains: Remains, patience: float) -> None:
    """Brings the house to rest; what does not come to rest in time is noted in `remains`."""
    house = field.house
    field.world.cli_kill_odds = 0.0
    for proxy in house.proxies:
        proxy.set(None)
    for program in [house.daemon, *house.workers]:
        program.send(signal.SIGCONT)
    house.await_ready()
    for machine in house.machines + house.worker_machines:
        if not until(patience, lambda machine=machine: _synced(house, machine)):
            remains.late.append(f"the spool of {machine.name} was not delivered within {patience:.0f} s")
    if not until(patience, lambda: _is_quiet(house), pause=1):
        remains.late.append(f"the queues were not empty after {patience:.0f} s")


def close(house: House, remains: Remains) -> None:
    """Ends the workers, then the daemon, and looks at what is left of them."""
    house.keeper.end()
    for program, limit in [*((worker, 30) for worker in house.workers), (house.daemon, 90)]:
        if not program.stop(limit):
            remains.processes.append(f"{program.name} did not end within {limit} s of SIGTERM")
    marks = {"an evaluator": str(house.work / "bin/evaluator.py"), "the database's server": str(house.state / "postgres/data")}
    for name, mark in marks.items():
        if not until(20, lambda mark=mark: not find(mark)):
            remains.processes.append(f"{name} is left alive: {find(mark)}")


def look_around(house: House, remains: Remains) -> None:
    """What lies in spools and on published pages."""
    for machine in house.machines + house.worker_machines:
        remains.spools[machine.name] = {folder: _names(machine, folder) for folder in FOLDERS}
    for twin in (house.state / "scorecards").glob("**/*.json"):
        content = twin.read_bytes()
        remains.cards[str(twin)] = (sorted(set(_cited(json.loads(content)))), hashlib.sha256(content).hexdigest())


def _cited(value: object) -> Iterator[str]:
    """Every value that is a run's id; not those inside a sentence, which may name a file."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _cited(each)
    elif isinstance(value, str) and RUN_ID.fullmatch(value):
        yield value


def _synced(house: House, machine: Machine) -> bool:
    if _names(machine, "new") or _names(machine, "work"):
        command_line.run(house, machine, "sync", "--json")
    return not (_names(machine, "new") or _names(machine, "work"))


def _names(machine: Machine, folder: str) -> list[str]:
    path = machine.spool / folder
    return sorted(entry.name for entry in path.iterdir()) if path.is_dir() else []


def _is_quiet(house: House) -> bool:
    waiting = """
        SELECT (SELECT count(*) FROM job WHERE state IN ('queued', 'running')) + (SELECT count(*) FROM review_due)
             + (SELECT count(*) FROM notification WHERE state = 'pending')
             + (SELECT count(*) FROM schedule WHERE enabled AND next_at < clock_timestamp())"""
    with contextlib.suppress(subprocess.SubprocessError, json.JSONDecodeError):
        return house.query(waiting) == 0
    return False
