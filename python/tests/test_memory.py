"""Blocks that a forward pass frees stay with the process, until another checkpoint is loaded."""

import platform
from pathlib import Path

import pytest
import torch

import models
from track_evaluator.checkpoint import CheckpointLoader
from track_evaluator.protocol import Protocol
from track_evaluator.scoring import Scorer
from track_evaluator.sequences import Sequence

BLOCK = 64 * 2**20
"""Bytes. glibc's own threshold grows to at most half of it, whatever the process freed before."""


def held() -> int:
    """Bytes that a block leaves with the process after it was used and freed."""
    before = resident()
    block = torch.ones(BLOCK // 4)
    assert resident() - before > BLOCK // 2
    del block
    return resident() - before


def resident() -> int:
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="memory comes from another library")
def test_scoring_keeps_what_it_frees_and_loading_gives_it_back(tmp_path: Path) -> None:
    loader = CheckpointLoader()
    checkpoint = loader.load(str(models.save(tmp_path / "one", "llama")), "sha256:0", "float32")
    assert held() < BLOCK // 4
    document = Sequence.after_prefix(checkpoint.bos_or_eos, [3, 4, 5])
    Scorer(checkpoint).score([document], Protocol(16, "float32"), 16, lambda _finished, _tokens: None)
    scored = resident()
    assert held() > BLOCK * 3 // 4
    loader.load(str(models.save(tmp_path / "two", "llama", seed=1)), "sha256:1", "float32")
    assert resident() - scored < BLOCK // 4
    assert held() < BLOCK // 4
