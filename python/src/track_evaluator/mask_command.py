"""`track-evaluator mask`: writes the masks of a training file and tells about it in JSON Lines, as `track mask` reads them."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from track_evaluator import environment
from track_evaluator.failures import EvaluationError
from track_evaluator.masking import Summary, as_message, masks, write_masks
from track_evaluator.protocol import DTYPES


def run(arguments: list[str]) -> int:
    """The exit status: 0 when the masks are written, 1 when they are not, with the reason in an `error` message."""
    parser = argparse.ArgumentParser(prog="track-evaluator mask", description=__doc__)
    parser.add_argument("--checkpoint", required=True, help="folder of the model before fine-tuning")
    parser.add_argument("--data", required=True, type=Path, help="training examples, JSON Lines")
    parser.add_argument("--out", type=Path, help="a file; without it the masks come among the messages, as lines without a type")
    parser.add_argument("--tau", type=float, default=2.5, help="tokens of this perplexity or more are masked")
    parser.add_argument("--max-length", type=int, default=0, help="tokens to which the training cuts examples")
    parser.add_argument("--dtype", choices=DTYPES, default="float32")
    chosen = parser.parse_args(arguments)
    environment.prepare()

    def skipped(line: int, reason: str) -> None:
        _tell({"type": "skipped", "line": line, "reason": reason})

    try:
        if chosen.out:
            summary = write_masks(
                chosen.checkpoint, chosen.data, chosen.out, chosen.tau, chosen.max_length, chosen.dtype, _progress, skipped
            )
        else:
            summary = masks(
                chosen.checkpoint,
                chosen.data,
                chosen.tau,
                chosen.max_length,
                chosen.dtype,
                lambda record: sys.stdout.write(record + "\n"),
                _progress,
                skipped,
            )
    except EvaluationError as problem:
        return _failed(problem.message)
    except (ValueError, OSError) as problem:
        return _failed(f"{problem.strerror}: {problem.filename}" if isinstance(problem, OSError) else str(problem))
    _tell({"type": "done", **as_message(summary)})
    return 0


def _progress(summary: Summary) -> None:
    _tell({"type": "progress", **as_message(summary)})


def _failed(message: str) -> int:
    _tell({"type": "error", "message": message})
    return 1


def _tell(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message, ensure_ascii=False) + "\n")
    sys.stdout.flush()
