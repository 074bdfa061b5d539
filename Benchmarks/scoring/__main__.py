"""`scripts/benchmark evaluator`: every contender scores the same documents, in turns, and the table says what each took."""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from scoring.contender import CONTENDERS
from scoring.material import CONTEXT, SIZES, make

RESULTS = Path(__file__).parents[1] / "results"
Rounds = dict[str, list[dict[str, float]]]


def main() -> None:
    """Measures, prints and writes `results/evaluator-<time>.json`."""
    arguments = _arguments()
    results = []
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), SIZES[size], arguments.tokens)
            for dtype in arguments.dtypes:
                rounds = _measure(Path(folder), dtype, arguments)
                _print(size, dtype, rounds)
                results.append({"size": size, "dtype": dtype, "context": CONTEXT, "rounds": rounds})
    RESULTS.mkdir(exist_ok=True)
    now = time.strftime("%Y-%m-%dT%H%M%SZ", time.gmtime())
    made = {"arguments": vars(arguments), "load": os.getloadavg(), "processor": _processor()}
    (RESULTS / f"evaluator-{now}.json").write_text(json.dumps({**made, "results": results}, indent=1) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/benchmark evaluator")
    parser.add_argument("--quick", action="store_true", help="one round of 6,000 tokens")
    parser.add_argument("--tokens", type=int, help="in all documents")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["100M", "174M"])
    parser.add_argument("--dtypes", nargs="+", choices=["float32", "bfloat16"], default=["float32"])
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    arguments = parser.parse_args()
    arguments.tokens = arguments.tokens or (6_000 if arguments.quick else 40_000)
    arguments.rounds = arguments.rounds or (1 if arguments.quick else 3)
    if importlib.util.find_spec("lm_eval") is None:
        print("This Python has no lm_eval: it is left out. scripts/benchmark says how to have it.", file=sys.stderr)
        arguments.contenders = [name for name in arguments.contenders if not name.startswith("lm-eval")]
    return arguments


def _measure(folder: Path, dtype: str, arguments: argparse.Namespace) -> Rounds:
    """Every contender once per round, in a new process, so that all of them see the same moods of the machine; loading is not timed."""
    rounds: Rounds = {name: [] for name in arguments.contenders}
    environment = {**os.environ, "OMP_NUM_THREADS": str(arguments.threads), "TOKENIZERS_PARALLELISM": "false", "OMP_WAIT_POLICY": "passive"}
    for _ in range(arguments.rounds):
        for name in arguments.contenders:
            command = [sys.executable, "-m", "scoring.contender", name, str(folder), dtype, str(CONTEXT)]
            ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=True)
            rounds[name].append(json.loads(ended.stdout))
            print(f"  {name}: {rounds[name][-1]['cpu']:.1f} s of CPU", file=sys.stderr, flush=True)
    return rounds


def _print(size: str, dtype: str, rounds: Rounds) -> None:
    best = {name: min(measured, key=lambda one: one["cpu"] / one["tokens"]) for name, measured in rounds.items()}
    print(f"\nLlama {size}, {dtype}, context {CONTEXT}, {int(next(iter(best.values()))['tokens']):,} tokens")
    print(f"{'':20}{'tokens/CPU s':>14}{'tokens/s':>12}{'peak GB':>10}{'ours is':>10}{'NLL apart':>12}")
    speed = {name: one["tokens"] / one["cpu"] for name, one in best.items()}
    for name, one in best.items():
        wall = median(each["tokens"] / each["wall"] for each in rounds[name])
        ratio = f"{speed['ours'] / speed[name]:.2f} x" if "ours" in speed else ""
        apart = f"{abs(one['nll'] / best['ours']['nll'] - 1):.1e}" if name.startswith("lm-eval") and "ours" in best else ""
        print(f"{name:20}{speed[name]:14.0f}{wall:12.0f}{one['peak'] / 1e9:10.2f}{ratio:>10}{apart:>12}")


def _processor() -> str:
    names = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    return f"{len(names)} cores of {names[0]}" if names else "unknown"


if __name__ == "__main__":
    main()
