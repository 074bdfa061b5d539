"""Reads protocols, one JSON object a line, as the transformers evaluator does, and says what it read or why it refused."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "python" / "src"))

from track_evaluator.failures import EvaluationError
from track_evaluator.protocol import RULE, Protocol

for line in sys.stdin:
    try:
        read = Protocol.parse(json.loads(line))
    except EvaluationError as refused:
        print(f"refused: {refused.message}", flush=True)
        continue
    fields = {**vars(read), "rule": RULE}
    if read.stride is None:
        del fields["stride"]
    print(json.dumps(fields), flush=True)
