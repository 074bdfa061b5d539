"""Sets two lineages' changes side by side, checkpoint by checkpoint, and says which forgot less.

compare_lineages.py --track PROGRAM PLAIN MASKED
"""

import argparse
import json
import math
import subprocess
from typing import Any


def listing(track: str, lineage: str) -> dict[int, dict[str, Any]]:
    """What `track list` says of the checkpoints of a lineage that were judged, by step."""
    said = subprocess.run([track, "list", "--lineage", lineage, "--json"], check=True, capture_output=True, text=True).stdout
    return {
        each["checkpoint"]["description"]["step"]: each
        for each in json.loads(said)
        if each["checkpoint"]["description"].get("step") and each.get("ood_log_ratio") is not None
    }


def change(ratio: Any) -> str:
    """A log ratio as a change in per cent; what is not finite as it is."""
    if not isinstance(ratio, int | float):
        return "-" if ratio is None else str(ratio)
    return f"{100 * math.expm1(ratio):+.1f} %"


#: The smallest change worth a word, as in the rules of verdicts: half a per cent of perplexity.
MARGIN = math.log(1.005)


def amount(difference: float) -> str:
    """In words, by how much more of something there is; within the margin it is as much."""
    return "as much" if abs(difference) <= MARGIN else "more" if difference > 0 else "less"


def sentence(plain: dict[str, Any], masked: dict[str, Any]) -> str:
    """What the last checkpoints of both say, as measured."""
    pairs = [(plain.get(side), masked.get(side)) for side in ("in_domain_log_ratio", "ood_log_ratio")]
    if not all(isinstance(value, int | float) for pair in pairs for value in pair):
        return "One of the two is not finite or not measured, so that they do not compare."
    (plain_in, masked_in), (plain_out, masked_out) = pairs
    return (
        "At the last checkpoint, against the run without masks, the out-of-domain perplexity of the run with them is "
        f"{change(masked_out - plain_out)}: the model forgot {amount(masked_out - plain_out)}. "
        f"In-domain it is {change(masked_in - plain_in)}: it learned {amount(plain_in - masked_in)}."
    )


def main() -> None:
    """Reads the arguments and prints the table."""
    parser = argparse.ArgumentParser(description="Sets two lineages' changes side by side.")
    parser.add_argument("--track", required=True, help="the track program")
    parser.add_argument("plain")
    parser.add_argument("masked")
    arguments = parser.parse_args()
    plain, masked = (listing(arguments.track, lineage) for lineage in (arguments.plain, arguments.masked))
    steps = sorted(plain.keys() & masked.keys())
    width = max(len(arguments.masked), 24)
    print(f"{'':>6}  {arguments.plain:<{width}}  {arguments.masked:<{width}}")
    print(f"{'step':>6}  {'in-domain':>11} {'OOD':>11}  {'':{width - 23}}{'in-domain':>11} {'OOD':>11}")
    for step in steps:
        cells = [
            f"{change(side[step].get('in_domain_log_ratio')):>11} {change(side[step].get('ood_log_ratio')):>11}"
            for side in (plain, masked)
        ]
        print(f"{step:>6}  {cells[0]}  {'':{width - 23}}{cells[1]}")
    if steps:
        print(sentence(plain[steps[-1]], masked[steps[-1]]))


if __name__ == "__main__":
    main()
