"""What the evaluator finds on the machine."""

import os
from pathlib import Path

import pytest

from track_evaluator.environment import granted_cores


@pytest.mark.parametrize(
    ("quota", "expected"), [("50000 100000", 1), ("max 100000", 8), ("250000 100000", 2), ("9900000 100000", 8), ("", 8), (None, 8)]
)
def test_a_control_groups_quota_limits_the_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str | None, expected: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(8)))
    file = tmp_path / "cpu.max"
    if quota is not None:
        file.write_text(quota)
    assert granted_cores(file) == expected
