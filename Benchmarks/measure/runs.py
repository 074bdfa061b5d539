"""Bodies of `POST /v1/runs`: made-up numbers in the sizes of real ones. The generator puts an id where `@ID@` stands."""

import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .registry import DOCUMENTS_PER_DOMAIN, Checkpoint, domain_names

# Bins of the histogram of token NLL that a run may carry for each domain.
BINS = 19


def summary(checkpoint: Checkpoint, revision: str, index: int) -> dict[str, Any]:
    """Mean NLL, tokens and bytes for every domain."""
    numbers = random.Random(f"summary {index}")
    domains = []
    for name in domain_names():
        tokens = numbers.randrange(10_000, 500_000)
        domains.append({"name": name, "mean_nll": numbers.uniform(1.5, 4.5), "tokens": tokens, "bytes": 4 * tokens})
    return _head(checkpoint, revision, index) | {"aggregation": "token-weighted", "domains": domains}


def documents(checkpoint: Checkpoint, revision: str, index: int) -> dict[str, Any]:
    """NLL, tokens, bytes and words of every document of every domain, and the histograms of their tokens.

    A document has the same length in every run and about the same NLL, as it has for checkpoints of one lineage.
    """
    texts = random.Random("texts")
    numbers = random.Random(f"documents {index}")
    domains = []
    for name in domain_names():
        tokens = [texts.randrange(40, 2000) for _ in range(DOCUMENTS_PER_DOMAIN)]
        scores = {
            "nll": [count * texts.uniform(1.5, 4.5) * numbers.uniform(0.97, 1.03) for count in tokens],
            "tokens": tokens,
            "bytes": [4 * count + count % 7 for count in tokens],
            "words": [count * 3 // 4 for count in tokens],
        }
        share = sum(tokens) // BINS
        histogram = [share] * (BINS - 1) + [sum(tokens) - share * (BINS - 1)]
        domains.append({"name": name, "status": "ok", "documents": scores, "histogram": histogram})
    return _head(checkpoint, revision, index) | {"domains": domains}


def write(file: Path, bodies: Iterable[dict[str, Any]]) -> Path:
    """One request a line."""
    with file.open("w") as out:
        for run in bodies:
            out.write(json.dumps({"run": run}, separators=(",", ":")) + "\n")
    return file


def _head(checkpoint: Checkpoint, revision: str, index: int) -> dict[str, Any]:
    return {
        "id": "@ID@",
        "checkpoint": checkpoint.key,
        "revision": revision,
        "protocol": {
            "scoring": "all-tokens",
            "windows": "disjoint",
            "context": 1024,
            "prefix": "bos-or-eos",
            "dtype": "bfloat16",
            "rule": 1,
        },
        "evaluator": "benchmark 1",
        "environment": {"torch": "2.13.0"},
        "reason": "imported",
        "evaluated_at": f"2026-01-01T{index // 3600 % 24:02}:{index // 60 % 60:02}:{index % 60:02}.000Z",
    }
