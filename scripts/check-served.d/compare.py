"""Asks both evaluators for the same evaluations, and compares every document's NLL, tokens, bytes and words, and the histograms."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import server
import transformers

import models

PROTOCOLS = (
    {"windows": "disjoint"},
    {"windows": "disjoint", "prefix": "tokenizer"},
    {"windows": "strided", "stride": 7},
    {"windows": "truncated"},
    {"windows": "packed"},
)


def main() -> int:
    program = sys.argv[1]
    tolerance = float(sys.argv[3]) if sys.argv[2:3] == ["--tolerance"] else 1e-4
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "checkpoint"
        transformers.set_seed(1)
        config = models.CONFIGS["llama"]()
        transformers.AutoModelForCausalLM.from_config(config).save_pretrained(folder)
        models.tokenizer().save_pretrained(folder)
        url = server.start(folder)
        settings = {"url": url, "api": "vllm", "dtype": "float32"}
        served = [program, "evaluators", "speak-served"]
        variables = {"TRACK_EVALUATOR_SERVED": json.dumps(settings), "TRACK_EVALUATOR_PYTHON": sys.executable}
        domains = [models.texts(12, 120, seed) for seed in range(3)]
        documents = Path(name) / "documents.jsonl"
        lines = [json.dumps({"domain": index, "text": text}) for index, texts in enumerate(domains) for text in texts]
        documents.write_text("\n".join(lines) + "\n")
        requests = [_request(number, chosen, folder, documents, domains) for number, chosen in enumerate(PROTOCOLS)]
        found = _ask(served, variables, requests)
        expected = _ask([sys.executable, "-m", "track_evaluator"], {}, requests)
    worst = 0.0
    for chosen, one, other in zip(PROTOCOLS, found, expected, strict=True):
        difference = _difference(one, other)
        worst = max(worst, difference)
        print(f"{json.dumps(chosen)}: largest relative difference of a document's NLL {difference:.2e}")
    print("alike" if worst <= tolerance else f"NOT alike: more than {tolerance:g}")
    return 0 if worst <= tolerance else 1


def _request(number: int, chosen: dict[str, Any], folder: Path, documents: Path, domains: list[list[str]]) -> dict[str, Any]:
    protocol = {"scoring": "all-tokens", "context": 32, "prefix": "bos-or-eos", "dtype": "float32", "rule": 1} | chosen
    return {
        "type": "evaluate",
        "id": f"r{number}",
        "checkpoint": {"path": str(folder), "digest": "sha256:" + "0" * 64},
        "protocol": protocol,
        "documents": str(documents),
        "domains": [{"index": i, "name": f"text/part-{i}", "documents": len(texts)} for i, texts in enumerate(domains)],
    }


def _ask(command: list[str], variables: dict[str, str], requests: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The domain messages of every request."""
    answers = []
    with subprocess.Popen(command, env=os.environ | variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise SystemExit(f"{command[0]} has no standard input or output")
        for request in requests:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            domains = []
            while (message := json.loads(process.stdout.readline()))["type"] != "done":
                if message["type"] == "error" or message.get("status") == "failed":
                    raise SystemExit(f"{command[0]}: {message}")
                domains += [message] if message["type"] == "domain" else []
            answers.append(sorted(domains, key=lambda each: each["index"]))
        process.stdin.close()
    return answers


def _difference(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> float:
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


if __name__ == "__main__":
    sys.exit(main())
