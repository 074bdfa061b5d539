"""Has a served model and the transformers evaluator score the same documents, and prints how far they are apart."""

import argparse
import json
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

import evaluations
import real
import server
import transformers

import models

DIGEST = "sha256:" + "0" * 64
# vLLM on a processor knows heads of 32 and more.
SIZE = models.SIZE | {"hidden_size": 128, "intermediate_size": 256, "head_dim": 32, "max_position_embeddings": 128}


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/check-served")
    parser.add_argument("program")
    parser.add_argument("servers", nargs="*", choices=["scripted", "real", *real.SERVERS], default="scripted", metavar="SERVER")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--answers", type=Path)
    wanted = parser.parse_intermixed_args()
    chosen = [wanted.servers] if isinstance(wanted.servers, str) else wanted.servers
    names = [name for each in chosen for name in (real.SERVERS if each == "real" else [each])]
    with tempfile.TemporaryDirectory() as folder:
        bench = _bench(Path(folder))
        requests = [bench.request(protocol) for protocol in evaluations.PROTOCOLS]
        expected = list(evaluations.ask([sys.executable, "-m", "track_evaluator"], {}, requests))
        check = Check(wanted.program, wanted.tolerance, bench, expected)
        print("| server | api | protocol | documents | largest relative difference of a document's NLL, or why it is refused |")
        print("| --- | --- | --- | --- | --- |")
        for name in names:
            if name == "scripted":
                check.run("scripted", server.start(bench.checkpoint), {"vllm": None}, None)
                continue
            served = real.SERVERS[name]
            with real.running(served, bench.checkpoint, _port(), Path(folder) / f"{name}.log") as (url, launch):
                if wanted.answers:
                    real.answers(url, launch.model or str(bench.checkpoint), wanted.answers, name)
                check.run(served.label, url, served.refusals, launch.model)
    print("as expected" if check.is_good else "NOT as expected")
    return 0 if check.is_good else 1


def _bench(folder: Path) -> evaluations.Bench:
    models.CONFIGS["llama"] = lambda: transformers.LlamaConfig(**SIZE, tie_word_embeddings=False)
    models.save(folder / "checkpoint")
    domains = [models.texts(12, 120, seed) for seed in range(3)]
    bench = evaluations.Bench(folder / "checkpoint", DIGEST, folder / "documents.jsonl", domains)
    bench.write()
    return bench


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Check:
    """Asks servers, and prints a row of the table for each protocol, or one for a refusal."""

    def __init__(self, program: str, tolerance: float, bench: evaluations.Bench, expected: list[evaluations.Outcome]) -> None:
        self.program = program
        self.tolerance = tolerance
        self.bench = bench
        self.expected = expected
        self.is_good = True

    def run(self, label: str, url: str, refusals: dict[str, str | None], model: str | None) -> None:
        for api, reason in refusals.items():
            settings = {"url": url, "api": api, "dtype": "float32"} | ({"model": model, "checkpoint": DIGEST} if model else {})
            variables = {"TRACK_EVALUATOR_SERVED": json.dumps(settings), "TRACK_EVALUATOR_PYTHON": sys.executable}
            chosen = evaluations.PROTOCOLS if reason is None else evaluations.PROTOCOLS[:1]
            requests = [self.bench.request(protocol) for protocol in chosen]
            found = evaluations.ask([self.program, "evaluators", "speak-served"], variables, requests)
            for protocol, one, other in zip(chosen, found, self.expected, strict=False):
                if isinstance(other, evaluations.RefusedError):
                    raise other
                row = self._refused(one, reason) if isinstance(one, Exception) else self._measured(one, other, reason)
                text = ", ".join(str(value) for value in protocol.values())
                print(f"| {label} | {api} | {text} | {self.bench.count} | {row} |", flush=True)

    def _refused(self, refusal: evaluations.RefusedError, reason: str | None) -> str:
        self.is_good &= reason is not None and reason in str(refusal)
        return str(refusal)

    def _measured(self, found: list[dict[str, Any]], expected: list[dict[str, Any]], reason: str | None) -> str:
        difference = evaluations.difference(found, expected)
        self.is_good &= reason is None and difference <= self.tolerance
        return f"{difference:.1e}"


if __name__ == "__main__":
    sys.exit(main())
