"""Compares every recorded perplexity of a lineage with verify_perplexity's plain computation on the same documents.

    check_recorded.py --track PROGRAM --lineage NAME --heldout FOLDER --context N

Fails when a domain's tokens differ, or its perplexity by more than 1e-5 relative, in any recorded run.
"""

import argparse
import json
import subprocess
import sys
import urllib.parse
from pathlib import Path
from typing import Any

import torch
import transformers

from verify_perplexity import domain_totals

TOLERANCE = 1e-5


def ask(track: str, *words: str) -> Any:
    """What a reading command of track says, as its JSON."""
    return json.loads(subprocess.run([track, *words, "--json"], check=True, capture_output=True, text=True).stdout)


def largest_difference(run: dict[str, Any], expected: dict[str, dict[str, Any]]) -> float:
    """The largest relative difference of a perplexity in a run. Exits when something cannot be compared at all."""
    names = {domain["name"] for domain in run["domains"]}
    if names != set(expected):
        sys.exit(f"run {run['id']} has the domains {sorted(names)}, not {sorted(expected)}")
    largest = 0.0
    for domain in run["domains"]:
        truth = expected[domain["name"]]
        if domain.get("tokens") != truth["tokens"]:
            sys.exit(f"run {run['id']}, {domain['name']}: {domain.get('tokens')} scored tokens, expected {truth['tokens']}")
        largest = max(largest, abs(domain["perplexity"] / truth["perplexity"] - 1))
    return largest


def main() -> None:
    """Reads the arguments, compares, prints a line per checkpoint."""
    parser = argparse.ArgumentParser(description="Compares recorded perplexities with a plain computation.")
    parser.add_argument("--track", required=True)
    parser.add_argument("--lineage", required=True)
    parser.add_argument("--heldout", type=Path, required=True)
    parser.add_argument("--context", type=int, required=True)
    arguments = parser.parse_args()
    # The models are tiny: a second thread costs more than it brings.
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    files = sorted(arguments.heldout.glob("*/*.jsonl"))
    worst = 0.0
    for listing in ask(arguments.track, "list", "--lineage", arguments.lineage):
        checkpoint = listing["checkpoint"]
        view = ask(arguments.track, "show", str(checkpoint["id"]))
        if not view["runs"]:
            sys.exit(f"{checkpoint['description']['name']} has no recorded run")
        folder = Path(urllib.parse.unquote(urllib.parse.urlsplit(checkpoint["description"]["uri"]).path))
        expected = domain_totals(folder, files, arguments.context)
        differences = [largest_difference(run, expected) for run in view["runs"]]
        worst = max(worst, *differences)
        name = checkpoint["description"]["name"]
        print(f"{name:15} {len(differences)} runs of {len(expected)} domains: largest relative difference {max(differences):.1e}")
    if worst > TOLERANCE:
        sys.exit(f"recorded and recomputed perplexity differ by {worst:.1e} relative, more than {TOLERANCE}")


if __name__ == "__main__":
    main()
