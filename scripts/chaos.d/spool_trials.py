"""Trials of the spool that try every place there is: every system call of a write, every byte of a record (invariants D4 and D6).

Each writes its findings to the history as notes of the source `trial`; the checker judges them.
"""

import base64
import binascii
import hashlib
import json
import random
import re
import shutil
import subprocess
import threading
import uuid
from collections import Counter
from pathlib import Path

import command_line
import reference
from house import House, Machine
from workload import write_record
from world import Checkpoint, World

CALLS = ("mkdir", "openat", "write", "pwrite64", "fsync", "close", "rename")


def kill_at_every_call(house: House, world: World, stop: threading.Event) -> str:
    """SIGKILL at the k-th system call of each kind that a spool write makes: nothing is left, or a complete record."""
    checkpoint = world.new_checkpoint("trial")
    counted = _count_calls(house, checkpoint)
    kills = 0
    for call, (first, last) in counted.items():
        for k in range(first, last + 1):
            if stop.is_set():
                return f"{kills} kills, cut short"
            machine = _fresh(house, "trial-kill")
            ended = _strace(house, machine, checkpoint, f"inject={call}:signal=KILL:when={k}")
            kills += 1
            # strace ends as its program did: by the signal, or normally when no thread made so many calls.
            acknowledged = ended.returncode == 69
            house.history.note(
                "trial",
                kind="kill",
                at=f"{call} {k}",
                acknowledged=acknowledged,
                status=ended.returncode,
                **_records(machine, checkpoint),
            )
    return f"{kills} kills"


def failing_sync(house: House, world: World, stop: threading.Event) -> str:
    """EIO at the k-th fsync: the second try makes it durable. EIO at every fsync: exit status 74, and the record is printed."""
    checkpoint = world.new_checkpoint("trial")
    last = _count_calls(house, checkpoint)["fsync"][1]
    for when in [*map(str, range(1, last)), "1+"]:
        if stop.is_set():
            return "cut short"
        machine = _fresh(house, "trial-eio")
        ended = _strace(house, machine, checkpoint, f"inject=fsync,fdatasync:error=EIO:when={when}")
        found = _records(machine, checkpoint)
        house.history.note(
            "trial", kind="eio", at=when, status=ended.returncode, printed=_is_printed(ended.stderr, checkpoint), **found
        )
    return f"{last} times"


def damaged_records(house: House, world: World, draw: random.Random) -> str:
    """A flipped bit in every byte and every truncation of a record, and one sound record behind them all: it alone is delivered."""
    machine = _fresh(house, "trial-flip", tmpfs=True)
    machine.proxy = house.machines[1].proxy
    run = world.run(world.pick(draw), draw)
    write_record(machine, run)
    sound = next((machine.spool / "new").iterdir())
    content = sound.read_bytes()
    damaged: dict[str, bytes] = {}
    for place in range(len(content)):
        flipped = bytearray(content)
        flipped[place] ^= 1 << draw.randrange(8)
        damaged[f"{place:013d}-{uuid.UUID(int=draw.getrandbits(128), version=4)}.rec"] = bytes(flipped)
        damaged[f"{place:013d}-{uuid.UUID(int=draw.getrandbits(128), version=4)}.rec"] = content[:place]
    for name, bad in damaged.items():
        (machine.spool / "new" / name).write_bytes(bad)
    call = house.history.invoke("trial-flip", "spool", id=run["id"], digest=reference.digest(run))
    call.ok()
    # Another nemesis may keep the daemon away for a while; what counts is the sync that reached it.
    for _ in range(20):
        ended = command_line.run(house, machine, "sync", "--json", timeout=300)
        if not list((machine.spool / "new").iterdir()):
            break
    quarantined = {path.name: path.read_bytes() for path in (machine.spool / "quarantine").glob("*.rec")}
    house.history.note(
        "trial",
        kind="flip",
        records=len(damaged),
        untouched=sum(quarantined.get(name) == bad for name, bad in damaged.items()),
        reasons=len(list((machine.spool / "quarantine").glob("*.reason.json"))),
        # Behind the record's name stands the epoch under which it was acknowledged.
        sent=[path.name.rpartition(".rec")[0] + ".rec" for path in (machine.spool / "sent").iterdir()] == [sound.name],
        status=ended.status,
    )
    shutil.rmtree(machine.folder)
    return f"{len(damaged)} records"


def _fresh(house: House, name: str, *, tmpfs: bool = False) -> Machine:
    """A machine with an empty spool that reaches no daemon."""
    memory = Path("/dev/shm")  # noqa: S108 - thousands of files with an fsync each
    folder = memory / f"track-chaos-{house.work.name}-{name}" if tmpfs and memory.is_dir() else house.work / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return Machine(name, folder, house.machines[0].proxy)


def _strace(
    house: House, machine: Machine, checkpoint: Checkpoint, *expressions: str, log: Path | None = None
) -> subprocess.CompletedProcess[str]:
    options = [option for expression in expressions for option in ("-e", expression)]
    output = log or Path("/dev/null")
    command = ["strace", "-f", "-qq", "-o", str(output), *options, house.track]
    command += ["add", str(checkpoint.folder), "--lineage", checkpoint.lineage]
    environment = house.client_environment(machine) | {"TRACK_URL": f"unix:{machine.folder}/nobody.sock"}
    return subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False
    )


def _count_calls(house: House, checkpoint: Checkpoint) -> dict[str, tuple[int, int]]:
    """For each kind of call, which ones a thread makes from its first touch of the spool to the last: strace counts by thread."""
    machine = _fresh(house, "trial-count")
    log = machine.folder / "calls"
    _strace(house, machine, checkpoint, "trace=" + ",".join(CALLS), "signal=none", log=log)
    counted: Counter[tuple[str, str]] = Counter()
    touched: dict[str, tuple[int, int]] = {}
    inside: set[str] = set()
    for line in log.read_text(errors="replace").splitlines():
        found = re.match(r"(\d+) +(\w+)\(", line)
        if not found or found[2] not in CALLS:
            continue
        thread, call = found[1], found[2]
        counted[thread, call] += 1
        if "/spool" in line:
            inside.add(thread)
        if thread in inside:
            number = counted[thread, call]
            first, last = touched.get(call, (number, number))
            touched[call] = (min(first, number), max(last, number))
    # Which thread writes, and what it did before, differs a little from run to run.
    return {call: (max(1, first - 2), last + 1) for call, (first, last) in touched.items()}


def _records(machine: Machine, checkpoint: Checkpoint) -> dict[str, int]:
    """The files in `new`, and how many of them are whole records of this checkpoint."""
    files = [path.read_bytes() for path in (machine.spool / "new").glob("*")]
    return {"files": len(files), "whole": sum(_is_whole(content, checkpoint) for content in files)}


def _is_whole(content: bytes, checkpoint: Checkpoint) -> bool:
    header, _, rest = content.partition(b"\n")
    words = header.split(b" ")
    body = rest[:-1]
    if len(words) != 4 or words[0] != b"TRK2" or rest[-1:] != b"\n" or words[1] != b"%012d" % len(body):
        return False
    if words[2] != b"%08x" % reference.crc32c(body) or words[3].decode() != hashlib.sha256(body).hexdigest():
        return False
    return json.loads(body)["payload"]["checkpoint"]["digest"] == checkpoint.digest


def _is_printed(error: str, checkpoint: Checkpoint) -> bool:
    for word in error.split():
        try:
            if _is_whole(base64.b64decode(word, validate=True), checkpoint):
                return True
        except (binascii.Error, ValueError):
            continue
    return False
