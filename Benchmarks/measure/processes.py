"""What processes take, read from /proc."""

import os
import resource
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    # The second field, the name in parentheses, may hold anything: count from after it.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def tree(root: int) -> list[int]:
    """A process and all its living descendants."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    found = [root]
    for pid in found:
        found += parents.get(pid, [])
    return found


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of these processes and of their children that have ended."""
    total = 0
    for pid in pids:
        try:
            total += sum(int(value) for value in _stat(pid)[11:15])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total / TICKS


def ended_children_cpu_seconds() -> float:
    """User and system time of the programs that this one started and that have ended: the generator, psql."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@dataclass(frozen=True)
class Memory:
    """MiB. PSS shares a page among those who map it, so that it adds up over processes; RSS counts it for each."""

    rss: float
    pss: float


def memory(pids: list[int]) -> Memory:
    sums = {"Rss": 0, "Pss": 0}
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        for line in lines:
            name, _, rest = line.partition(":")
            if name in sums:
                sums[name] += int(rest.split()[0])
    return Memory(rss=sums["Rss"] / 1024, pss=sums["Pss"] / 1024)


def forget_peak(pid: int) -> None:
    """Makes the present RSS the peak (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_rss(pid: int) -> float:
    """The highest RSS since `forget_peak`, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
