"""Evaluations of one checkpoint by programs that speak the evaluator contract, and how far two of them are apart."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROTOCOLS: tuple[dict[str, Any], ...] = (
    {"windows": "disjoint"},
    {"windows": "disjoint", "prefix": "tokenizer"},
    {"windows": "strided", "stride": 7},
    {"windows": "truncated"},
    {"windows": "packed"},
)


class RefusedError(Exception):
    """The evaluator's reason for giving no numbers."""


Outcome = list[dict[str, Any]] | RefusedError
"""The domain messages of an evaluation, or why there are none."""


@dataclass(frozen=True)
class Bench:
    """A checkpoint, and documents that are written to a file."""

    checkpoint: Path
    digest: str
    documents: Path
    domains: list[list[str]]

    def write(self) -> None:
        lines = [json.dumps({"domain": index, "text": text}) for index, texts in enumerate(self.domains) for text in texts]
        self.documents.write_text("\n".join(lines) + "\n")

    @property
    def count(self) -> int:
        return sum(len(texts) for texts in self.domains)

    def request(self, chosen: dict[str, Any]) -> dict[str, Any]:
        protocol = {"scoring": "all-tokens", "context": 32, "prefix": "bos-or-eos", "dtype": "float32", "rule": 1} | chosen
        return {
            "type": "evaluate",
            "id": "r",
            "checkpoint": {"path": str(self.checkpoint), "digest": self.digest},
            "protocol": protocol,
            "documents": str(self.documents),
            "domains": [{"index": i, "name": f"text/part-{i}", "documents": len(texts)} for i, texts in enumerate(self.domains)],
        }


def ask(command: list[str], variables: dict[str, str], requests: list[dict[str, Any]]) -> Iterator[Outcome]:
    """What becomes of every request, one after the other."""
    with subprocess.Popen(command, env=os.environ | variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise SystemExit(f"{command[0]} has no standard input or output")
        for request in requests:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            domains = []
            refusal = None
            while (message := json.loads(process.stdout.readline()))["type"] != "done":
                if message["type"] == "error" or message.get("status") == "failed":
                    refusal = RefusedError(message.get("message") or message["reason"])
                if message["type"] == "error":
                    break
                domains += [message] if message["type"] == "domain" else []
            yield refusal or sorted(domains, key=lambda each: each["index"])
        process.stdin.close()


def difference(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> float:
    """The largest relative difference of a document's NLL. What must be equal is compared here too."""
    worst = 0.0
    for one, other in zip(found, expected, strict=True):
        for key in ("tokens", "bytes", "words"):
            if one["documents"][key] != other["documents"][key]:
                raise SystemExit(f"{key} differ: {one['documents'][key]} and {other['documents'][key]}")
        moved = sum(abs(a - b) for a, b in zip(one["histogram"], other["histogram"], strict=True))
        if moved > 2:  # a value on an edge may fall to either side
            raise SystemExit(f"histograms differ: {one['histogram']} and {other['histogram']}")
        for a, b in zip(one["documents"]["nll"], other["documents"]["nll"], strict=True):
            worst = max(worst, abs(a - b) / b)
    return worst
