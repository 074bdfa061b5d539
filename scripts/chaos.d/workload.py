"""The clients. Each is a thread with a generator of its own, and writes every call and its end to the history."""

import json
import os
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import command_line
import reference
from history import Call
from house import House, Machine
from world import LINEAGES, SET, World

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe")
# Seconds that a client waits for an answer: shorter than the product's own limit, so that black holes end within a short run too.
PATIENCE = 8.0


class Client:
    """A thread that acts again and again until it is told to stop."""

    def __init__(self, house: House, world: World, machine: Machine, name: str) -> None:
        self.house = house
        self.world = world
        self.machine = machine
        self.name = name
        self.draw = reference.seeded(world.seed, "client", name)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    pause = 0.3

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Lets the present call end, and waits for it."""
        self._stop.set()
        self._thread.join()

    def act(self) -> None:
        """One round."""
        raise NotImplementedError

    def invoke(self, operation: str, **facts: Any) -> Call:
        """Begins a call in the history."""
        return self.house.history.invoke(self.name, operation, **facts)

    def _run(self) -> None:
        while not self._stop.wait(self.draw.uniform(0.3, 1.7) * self.pause):
            try:
                self.act()
            except Exception as failure:
                # A fault of this program: seen, and not the end of the client.
                self.house.history.note("client", name=self.name, phase="failed", said=repr(failure))


class Adder(Client):
    """`track add`: new checkpoints, and now and then an old one again."""

    pause = 3.0

    def act(self) -> None:
        """Adds one; a killed one is added again by the next round as often as not."""
        again = self.draw.random() < 0.25
        checkpoint = self.world.pick(self.draw) if again else self.world.new_checkpoint() or self.world.pick(self.draw)
        for _ in range(2):
            call = self.invoke("add", lineage=checkpoint.lineage, digest=checkpoint.digest)
            moment = command_line.kill_moment(self.draw, self.world.cli_kill_odds)
            ended = command_line.run(
                self.house,
                self.machine,
                "add",
                str(checkpoint.folder),
                "--lineage",
                checkpoint.lineage,
                "--json",
                kill_after=moment,
            )
            if ended.status == 0:
                call.ok(job=(json.loads(ended.output).get("job") or {}).get("id"))
                self.world.registered(checkpoint)
            elif ended.status == 69:
                call.ok(spooled=True)
            elif ended.status is None:
                call.info(why="killed")
                continue
            elif ended.status == 74:
                call.fail(why="not durable", printed=ended.error[-2000:])
            else:
                call.info(why=f"status {ended.status}", said=ended.error[-500:])
            return


class Recorder(Client):
    """Runs over raw HTTP; what got no answer is sent again under the same id."""

    def act(self) -> None:
        """Records one run."""
        run = self.world.run(self.world.pick(self.draw), self.draw)
        if not any(self._send(run) for _ in range(1 + self.draw.randint(1, 3))):
            return
        if self.draw.random() < 0.2:
            self._send(run)
        if self.draw.random() < 0.1:
            self._contradict(run)

    def _send(self, run: dict[str, Any]) -> bool:
        """Whether it was acknowledged."""
        call = self.invoke("record", id=run["id"], digest=reference.digest(run))
        try:
            answer = self.house.connection(self.machine, PATIENCE).ask("POST", "/v1/runs", {"run": run})
        except OSError as lost:
            call.info(why=type(lost).__name__)
            return False
        if answer.status == 200:
            said = answer.json()
            call.ok(verdict=said["verdict"], answered=said["digest"])
            return True
        if answer.status >= 500 or answer.status == 429:
            call.info(why=f"status {answer.status}")
        else:
            call.fail(status=answer.status, said=answer.body.decode(errors="replace")[:500])
        return False

    def _contradict(self, run: dict[str, Any]) -> None:
        """The same id with another content: it must be refused, and change nothing."""
        other = run | {"evaluator": "chaos 2"}
        call = self.invoke("contradict", id=run["id"], digest=reference.digest(other))
        try:
            answer = self.house.connection(self.machine, PATIENCE).ask("POST", "/v1/runs", {"run": other})
        except OSError as lost:
            call.info(why=type(lost).__name__)
            return
        if answer.status < 300:
            call.ok(verdict=answer.json()["verdict"])
        elif answer.status == 409:
            call.fail(status=409)
        else:
            call.info(why=f"status {answer.status}")


class Spooler(Client):
    """A machine that writes its records down first: files of the documented form, made here; `track sync` delivers them."""

    pause = 1.5

    def act(self) -> None:
        """Spools some runs, then delivers."""
        for _ in range(self.draw.randint(1, 4)):
            run = self.world.run(self.world.pick(self.draw), self.draw)
            call = self.invoke("spool", id=run["id"], digest=reference.digest(run))
            try:
                write_record(self.machine, run)
            except OSError as full:
                call.info(why=str(full))
                continue
            call.ok()
        command_line.run(
            self.house, self.machine, "sync", "--json", kill_after=command_line.kill_moment(self.draw, self.world.cli_kill_odds)
        )


def write_record(machine: Machine, run: dict[str, Any]) -> None:
    """A record in the spool, as durable as the product makes it. Raises OSError when it is not."""
    for name in ("", "tmp", "new", "work", "sent", "quarantine"):
        (machine.spool / name).mkdir(mode=0o700, exist_ok=True)
    # In the order of the keys: the program finds the payload between the others without reading it.
    record = {"id": run["id"], "kind": "run", "made_at": run["evaluated_at"], "payload": {"run": run}, "v": 1}
    draft = machine.spool / "tmp" / run["id"]
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        content = reference.frame(reference.wire(record).encode())
        if os.write(descriptor, content) != len(content):
            raise OSError("short write")
        os.fsync(descriptor)
    except OSError:
        draft.unlink()
        raise
    finally:
        os.close(descriptor)
    draft.rename(machine.spool / "new" / f"{int(time.time() * 1000)}-{run['id']}.rec")
    folder = os.open(machine.spool / "new", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Requester(Client):
    """Asks for evaluations, asks again when no answer came, and cancels a few."""

    pause = 2.5

    def act(self) -> None:
        """One request."""
        checkpoint = self.world.pick(self.draw)
        request = str(uuid.UUID(int=self.draw.getrandbits(128), version=4))
        body = {"checkpoint": f"{checkpoint.lineage}/{checkpoint.name}", "domain_set": SET, "request": request}
        for _ in range(3):
            call = self.invoke("evaluate", request=request)
            try:
                answer = self.house.connection(self.machine, PATIENCE).ask("POST", "/v1/jobs", body)
            except OSError as lost:
                call.info(why=type(lost).__name__)
                continue
            if answer.status == 201:
                job = answer.json()["id"]
                call.ok(job=job)
                if self.draw.random() < 0.15:
                    self._cancel(job)
                return
            if answer.status < 500 and answer.status != 429:
                call.fail(status=answer.status, said=answer.body.decode(errors="replace")[:500])
                return
            call.info(why=f"status {answer.status}")

    def _cancel(self, job: int) -> None:
        time.sleep(self.draw.uniform(0, 2))
        call = self.invoke("cancel", job=job)
        try:
            answer = self.house.connection(self.machine, PATIENCE).ask("POST", f"/v1/jobs/{job}/cancel")
        except OSError as lost:
            call.info(why=type(lost).__name__)
            return
        if answer.status == 200:
            call.ok(state=answer.json()["state"])
        else:
            call.info(why=f"status {answer.status}")


class Scheduler(Client):
    """Weekly schedules, each with its first slot in the coming minute; one lineage each, so that slots stay small."""

    pause = 4.0

    def __init__(self, house: House, world: World, machine: Machine, name: str, limit: int) -> None:
        super().__init__(house, world, machine, name)
        self._left = limit
        self._made = 0

    def act(self) -> None:
        """Makes one schedule. It is not repeated when no answer came: the same name again would edit it."""
        if self._left == 0:
            return
        self._left -= 1
        self._made += 1
        if self._made == 2:
            # Two at once, whose slots can meet; later ones as time goes on.
            self.pause = 45.0
        zone = self.draw.choice(ZONES)
        lineage = self.draw.choice(LINEAGES)
        slot = (datetime.now(UTC) + timedelta(seconds=65)).astimezone(ZoneInfo(zone))
        name = f"weekly-{self._left}"
        body = {
            "name": name,
            "time_zone": zone,
            "iso_weekday": slot.isoweekday(),
            "at": f"{slot:%H:%M}",
            "domain_set": SET,
            "lineages": [lineage],
            "enabled": True,
        }
        call = self.invoke("schedule", name=name, zone=zone, lineage=lineage)
        try:
            answer = self.house.connection(self.machine, PATIENCE).ask("POST", "/v1/schedules", body)
        except OSError as lost:
            call.info(why=type(lost).__name__)
            return
        if answer.status == 200:
            call.ok(next_slot=answer.json()["next_slot"])
        elif answer.status >= 500 or answer.status == 429:
            call.info(why=f"status {answer.status}")
        else:
            call.fail(status=answer.status, said=answer.body.decode(errors="replace")[:500])


def clients(house: House, world: World, schedules: int) -> list[Client]:
    """The clients of a run, each on one of the machines."""
    tcp, adding, spooling, *_ = house.machines
    return [
        Recorder(house, world, tcp, "recorder-1"),
        Recorder(house, world, adding, "recorder-2"),
        Adder(house, world, adding, "adder"),
        Spooler(house, world, spooling, "spooler"),
        Requester(house, world, tcp, "requester"),
        Scheduler(house, world, tcp, "scheduler", schedules),
    ]
