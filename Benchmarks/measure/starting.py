"""How long a program takes from posix_spawn to its end, side by side with programs that everybody knows."""

import os
import shutil
import statistics
import time
from typing import Any

from .daemon import Daemon

ROUNDS = 50


def measure(daemon: Daemon) -> dict[str, Any]:
    """Best and median of 50, in milliseconds; the programs take turns, so that a noisy moment meets all of them."""
    track = str(daemon.binaries / "track")
    commands: dict[str, list[str]] = {
        "true": ["true"],
        "curl --version": ["curl", "--version"],
        "curl one GET": ["curl", "-s", "--unix-socket", str(daemon.socket), "http://localhost/v1/status"],
        "python3 -c pass": ["/usr/bin/python3", "-c", "pass"],
        "track --version": [track, "--version"],
        "track status": [track, "status"],
    }
    # Only what is there to compare with may be missing.
    present = {name: command for name, command in commands.items() if command[0] == track or shutil.which(command[0])}
    times: dict[str, list[float]] = {name: [] for name in present}
    for _ in range(ROUNDS + 1):
        for name, command in present.items():
            times[name].append(_spawn(command, daemon.environment))
    # The first round warms the page cache.
    return {name: {"best_ms": min(all_[1:]), "median_ms": statistics.median(all_[1:])} for name, all_ in times.items()}


def _spawn(command: list[str], environment: dict[str, str]) -> float:
    program = shutil.which(command[0]) or command[0]
    quiet = [(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
    start = time.perf_counter()
    process = os.posix_spawn(program, command, environment, file_actions=quiet)
    _, status = os.waitpid(process, 0)
    elapsed = (time.perf_counter() - start) * 1000
    if status != 0:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return elapsed
