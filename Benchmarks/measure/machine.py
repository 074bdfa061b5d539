"""The facts of the machine that a figure needs beside it."""

import os
import platform
import subprocess
from pathlib import Path


def _first(path: str, key: str) -> str:
    for line in Path(path).read_text().splitlines():
        if line.startswith(key):
            return line.partition(":")[2].strip()
    return "unknown"


def facts(folder: Path) -> dict[str, object]:
    """Without the host's name. `folder` is where the database lies."""
    output = subprocess.run(["df", "--output=fstype", str(folder)], capture_output=True, text=True, check=True).stdout
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": _first("/proc/cpuinfo", "model name"),
        "memory_mib": int(_first("/proc/meminfo", "MemTotal").split()[0]) // 1024,
        "kernel": platform.release(),
        "file_system": output.split()[-1],
        "load_before": round(os.getloadavg()[0], 2),
    }
