"""What the checker looks at, and what it finds."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from history import History
from snapshot import Snapshot


@dataclass(frozen=True)
class Violation:
    """A promise that was broken, and by what."""

    invariant: str
    sentence: str
    records: Any = None

    def __str__(self) -> str:
        return f"{self.invariant}: {self.sentence}" + ("" if self.records is None else f"\n    {self.records}")


@dataclass
class Sightings:
    """What was seen while it happened. Times are the history's."""

    # By job: the terminal state in which it was first seen.
    ended: dict[int, str] = field(default_factory=dict)
    # By schedule and slot: when its row was last seen missing, and when it was first seen.
    absent: dict[tuple[int, str], float] = field(default_factory=dict)
    present: dict[tuple[int, str], float] = field(default_factory=dict)


@dataclass
class Remains:
    """What is left beside the database."""

    # By machine: the names of files in the spool's folders.
    spools: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    # What is still alive though it should not be.
    processes: list[str] = field(default_factory=list)
    # By path: the run ids that a scorecard's JSON twin cites, and the digest of the file; None when it is missing.
    cards: dict[str, tuple[list[str], str] | None] = field(default_factory=dict)
    # Deadlines of healing that passed.
    late: list[str] = field(default_factory=list)


@dataclass
class Case:
    """All that the checker looks at."""

    history: History
    snapshot: Snapshot
    sightings: Sightings
    remains: Remains
    # By domain, in the frozen order.
    texts: dict[str, list[str]]
    clock_moved: bool

    def __post_init__(self) -> None:
        self.runs = {row["id"]: row for row in self.snapshot["runs"]}
        self.fenced = {row["id"]: row for row in self.snapshot["fenced"]}
        self.jobs = {row["id"]: row for row in self.snapshot["jobs"]}
        self.results = {row["job_id"]: row for row in self.snapshot["results"]}
        self.attempts: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in self.snapshot["attempts"]:
            self.attempts[row["job_id"]].append(row)
        self.names: dict[str, list[str]] = defaultdict(list)
        for row in self.snapshot["domains"]:
            self.names[row["revision"]].append(row["name"])
