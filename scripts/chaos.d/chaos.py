"""Proof under faults: real programs, seeded faults, and a checker over everything that was said and everything that is there.

    scripts/chaos [--seed N] [--minutes M] [--only nemesis,…] [--ci] [--self-test] [--list]

--seed       repeats the choices of a run as far as processes and their scheduling allow; a new one is drawn and printed without it
--minutes    how long faults are struck, 3 by default; --minutes 180 is the long form, which also judges that nothing keeps growing
--only       only these nemeses
--ci         at most three minutes altogether, on two cores and a debug build
--self-test  breaks every promise on purpose and wants the checker to say so
--binaries   the folder of track and trackd; without it scripts/build makes them

Exit status 0: no promise was broken. 1: one was, and it is named. 64: the command was written wrongly.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import command_line
import disks
import healing
import reference
import self_test
import snapshot
from case import Case, Remains, Violation
from checker import check
from history import History
from house import House
from nemeses import ALL, Deck, Field, unavailable
from watch import Watch
from workload import clients
from world import LINEAGES, SET, World

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    """Runs one seed."""
    arguments = _arguments()
    if arguments.list:
        print("\n".join(f"{nemesis.name:20} {nemesis.group}" for nemesis in ALL))
        return 0
    binaries = arguments.binaries or _build()
    os.environ["TRACK_CHAOS_SEED"] = str(arguments.seed)
    disks.enter_namespace()
    disks.be_init()
    return Run(arguments, binaries).conduct()


class Run:
    """One seed from the empty folder to the verdict."""

    def __init__(self, arguments: argparse.Namespace, binaries: Path) -> None:
        self.seed: int = arguments.seed
        self.minutes: float = arguments.minutes
        self.is_self_test: bool = arguments.self_test
        self.only: list[str] = arguments.only
        self.began = time.monotonic()
        self.work = _work_folder(self.seed)
        self.history = History(self.work / "history.jsonl")
        if disks.are_available():
            disks.mount(self.work / "state", 640)
            disks.mount(self.work / "client-3", 24)
            # libfaketime leaves a semaphore behind for every process; here they end with the namespace.
            disks.mount(Path("/dev/shm"), 512, 0o1777)  # noqa: S108
        self.house = House(self.work, binaries, self.seed, self.history, workers=3, clients=3)
        self.world = World(self.house, self.seed, checkpoints=max(14, round(self.minutes * 3)))
        self.watch = Watch(self.house, every=2 if self.minutes < 30 else 15)
        self.stop = threading.Event()
        self.field = Field(self.house, self.world, reference.seeded(self.seed, "nemeses"), self.stop)
        self.remains = Remains()

    def conduct(self) -> int:
        """The exit status."""
        print(f"seed {self.seed}; history {self.history.path}", flush=True)
        try:
            self._set_up()
            self._act()
            self._say("healing")
            healing.heal(self.field, self.remains, patience=90 if self.minutes < 30 else 600)
            case = self._case()
            if self.is_self_test:
                return self._prove(case)
            healing.close(self.house, self.remains)
            return self._report(check(case) + self.watch.growth())
        finally:
            self.house.keeper.end()
            for program in [*self.house.workers, self.house.daemon]:
                program.stop(30)
            self.history.close()

    def _say(self, sentence: str) -> None:
        print(f"── {sentence} ({time.monotonic() - self.began:.0f} s)", flush=True)

    def _set_up(self) -> None:
        """A domain set, a baseline for each lineage; no faults yet."""
        self.house.await_ready()
        for worker in self.house.workers:
            worker.held = False
        if disks.are_available():
            # The write-ahead log would grow to a gigabyte by itself; the disk is to be full by a nemesis, and to be healed.
            self.house.psql(
                "ALTER SYSTEM SET max_wal_size = '96MB'; ALTER SYSTEM SET min_wal_size = '32MB'; SELECT pg_reload_conf();"
            )
        machine = self.house.machines[1]
        ended = command_line.run(
            self.house, machine, "domains", "add", SET, "--from", str(self.world.write_held_out()), "--seed", str(self.seed)
        )
        if ended.status != 0:
            raise RuntimeError(f"track domains add: {ended.error}")
        self.world.read_revision()
        for lineage in LINEAGES:
            checkpoint = self.world.new_checkpoint(lineage)
            call = self.history.invoke("set-up", "add", lineage=lineage, digest=checkpoint.digest)
            answer = self.house.ask("POST", "/v1/checkpoints", checkpoint.request | {"domain_set": SET})
            if answer.status != 201:
                raise RuntimeError(f"a baseline was refused: {answer.body.decode()}")
            call.ok(job=answer.json()["job"]["id"])
            self.world.registered(checkpoint)

    def _act(self) -> None:
        """The workload with the faults beside it, until the time is over."""
        missing = unavailable(self.house, has_disks=disks.are_available(), has_strace=shutil.which("strace") is not None)
        wanted = [] if self.is_self_test else self.only or [nemesis.name for nemesis in ALL]
        chosen = [nemesis for nemesis in ALL if nemesis.name in wanted and nemesis.name not in missing]
        for name, why in missing.items():
            print(f"   skipped: {name} {why}")
        self._say(f"{self.minutes:g} minutes with {len(chosen)} nemeses" if chosen else "a small history without faults")
        acting = clients(self.house, self.world, schedules=2 if self.minutes < 5 else round(self.minutes))
        deck = Deck(chosen, self.field, lanes=2) if chosen else None
        self.watch.start()
        # A schedule before the first fault, which may move the clock by weeks.
        acting[-1].act()
        for client in acting:
            client.start()
        if deck:
            deck.start()
        end = time.monotonic() + self.minutes * 60
        while time.monotonic() < end:
            time.sleep(min(1.0, max(0.0, end - time.monotonic())))
        self.stop.set()
        if deck:
            deck.join()
        for client in acting:
            client.stop()

    def _case(self) -> Case:
        self._say("checking")
        self.watch.stop()
        healing.look_around(self.house, self.remains)
        moved = any(note["name"] == "clock-database" for note in self.history.notes("nemesis"))
        found = snapshot.read(self.house)
        (self.work / "snapshot.json").write_text(reference.wire(found))
        return Case(self.history, found, self.watch.sightings, self.remains, self.world.texts, moved)

    def _prove(self, case: Case) -> int:
        blind = self_test.prove(self.house, case)
        print("\n".join(f"✕ {line}" for line in blind) if blind else "The checker sees every broken promise.")
        return 1 if blind else 0

    def _report(self, violations: list[Violation]) -> int:
        counts = self.history.counts()
        print("\ncalls            ok   fail   info")
        for operation in sorted({operation for operation, _ in counts}):
            ok, fail, info = (counts[operation, kind] for kind in ("ok", "fail", "info"))
            print(f"{operation:12} {ok:6} {fail:6} {info:6}")
        struck = Counter(note["name"] for note in self.history.notes("nemesis") if note["phase"] == "healed")
        print("nemeses      " + (", ".join(f"{name} {count}" for name, count in sorted(struck.items())) or "none"))
        print("verdicts     " + _counted(call["verdict"] for call in self.history.answered("record", "ok")))
        rows = snapshot.parse((self.work / "snapshot.json").read_text())
        print("jobs         " + _counted(row["state"] for row in rows["jobs"]))
        print("attempts     " + _counted(row["outcome"] for row in rows["attempts"]))
        print("slots        " + _counted(row["outcome"] for row in rows["occurrences"]))
        sizes = ", ".join(
            f"{name} {len(rows[name])}" for name in ("runs", "fenced", "checkpoints", "comparisons", "verdicts", "scorecards")
        )
        print(f"recorded     {sizes}")
        print("starts       " + ", ".join(f"{each.name} {each.starts}" for each in [self.house.daemon, *self.house.workers]))
        print("\n".join(self.watch.table()))
        print(f"seed {self.seed}; history {self.history.path}; {time.monotonic() - self.began:.0f} s")
        if not violations:
            print("✓ no promise was broken")
            return 0
        print(f"✕ {len(violations)} promises were broken")
        for violation in violations[:40]:
            print(f"  {violation}")
        return 1


def _counted(values: object) -> str:
    return ", ".join(f"{name} {count}" for name, count in Counter(values).most_common()) or "none"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    drawn = int(os.environ.get("TRACK_CHAOS_SEED", random.SystemRandom().randrange(1_000_000)))
    parser.add_argument("--seed", type=int, default=drawn)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--only", type=lambda text: text.split(","), default=[])
    parser.add_argument("--ci", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--list", action="store_true", help="the nemeses")
    parser.add_argument("--binaries", type=Path)
    arguments = parser.parse_args()
    if unknown := set(arguments.only) - {nemesis.name for nemesis in ALL}:
        parser.exit(64, f"scripts/chaos: no nemesis is called {', '.join(sorted(unknown))}; --list shows them\n")
    if arguments.minutes is None:
        arguments.minutes = 1.4 if arguments.self_test else 1.6 if arguments.ci else 3.0
    return arguments


def _build() -> Path:
    built = subprocess.run([REPOSITORY / "scripts/build"], stdout=subprocess.PIPE, text=True, check=True)
    return Path(built.stdout.strip().splitlines()[-1])


def _work_folder(seed: int) -> Path:
    """Where PostgreSQL's and the evaluators' users can reach it."""
    home = Path("/var/lib") if os.geteuid() == 0 else Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state")
    base = home / "track-chaos"
    base.mkdir(parents=True, exist_ok=True)
    base.chmod(0o755)
    work = Path(tempfile.mkdtemp(prefix=f"{seed}-", dir=base))
    work.chmod(0o755)
    return work


if __name__ == "__main__":
    sys.exit(main())
