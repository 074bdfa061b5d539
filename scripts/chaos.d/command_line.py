"""Runs `track` as a person would, and kills it at a random moment when it is asked to."""

import random
import subprocess
from dataclasses import dataclass

from house import House, Machine


@dataclass(frozen=True)
class Ended:
    """How a command ended; `status` is None when it was killed or took too long."""

    status: int | None
    output: str
    error: str


def run(house: House, machine: Machine, *arguments: str, kill_after: float | None = None, timeout: float = 90) -> Ended:
    """One command on that machine."""
    process = subprocess.Popen(
        [house.track, *arguments],
        env=house.client_environment(machine),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    try:
        output, error = process.communicate(timeout=timeout if kill_after is None else kill_after)
        return Ended(process.returncode, output, error)
    except subprocess.TimeoutExpired:
        process.kill()
        output, error = process.communicate()
        return Ended(None, output, error)


def kill_moment(draw: random.Random, odds: float) -> float | None:
    """When to kill a command, in seconds after its start: most of its life is over in a quarter of one."""
    return draw.uniform(0.0, 0.35) if draw.random() < odds else None
