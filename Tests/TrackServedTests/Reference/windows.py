"""Prints the windows of python/'s rule for many lengths, for WindowTests: one JSON line per case."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "python" / "src"))
from track_evaluator.windows import disjoint_windows, strided_windows  # noqa: E402

for context in (1, 2, 3, 4, 5, 7, 8, 16, 100):
    for predictions in [*range(60), 99, 100, 101, 200, 201, 1000]:
        for stride in (None, *sorted({1, 2, context // 2 or 1, context} & set(range(1, context + 1)))):
            found = disjoint_windows(predictions, context) if stride is None else strided_windows(predictions, context, stride)
            case = [predictions, context, stride or 0]
            print(json.dumps({"case": case, "windows": [[each.start, each.stop, each.scored] for each in found]}))
