"""The facts of the machine that a figure needs beside it."""

import os
import platform
import subprocess
from pathlib import Path

CORES = len(os.sched_getaffinity(0))


def _first(path: str, key: str) -> str:
    for line in Path(path).read_text().splitlines():
        if line.startswith(key):
            return line.partition(":")[2].strip()
    return "unknown"


def facts(folder: Path) -> dict[str, object]:
    """Without the host's name. `folder` is where the database lies."""
    output = subprocess.run(["df", "--output=fstype", str(folder)], capture_output=True, text=True, check=True).stdout
    return {
        "cores": CORES,
        "cpu": _first("/proc/cpuinfo", "model name"),
        "memory_mib": int(_first("/proc/meminfo", "MemTotal").split()[0]) // 1024,
        "kernel": platform.release(),
        "file_system": output.split()[-1],
        "nice": os.nice(0),
        "load_before": load(),
    }


def load() -> float:
    """The mean number of runnable programs over the last minute."""
    return round(os.getloadavg()[0], 2)


def busy_seconds() -> float:
    """What all programs together have taken of all cores: proc(5), stat, without idle and waiting for input and output."""
    user, nice, system, _idle, _wait, interrupts, soft_interrupts, stolen = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    )
    return (user + nice + system + interrupts + soft_interrupts + stolen) / os.sysconf("SC_CLK_TCK")
