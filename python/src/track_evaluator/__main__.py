"""`track-evaluator`, also `python -m track_evaluator`: speaks contract version 1 over standard input and output."""

import os
import sys
from typing import NoReturn

EX_CONFIG = 78


def main() -> None:
    """Serves requests until standard input ends, or does one command. Exits 78 when a library that it needs is missing."""
    if len(sys.argv) > 1 and sys.argv[1] not in ("mask", "tokens", "count-tokens"):
        print(
            "track-evaluator without arguments is started by a track worker, which speaks JSON Lines over its standard input; "
            "track-evaluator mask, tokens and count-tokens are what `track mask`, `track tokens` and `track domains add` start.",
            file=sys.stderr,
        )
        sys.exit(0 if sys.argv[1] in ("-h", "--help") else 64)
    # All three must be set before torch and transformers are imported.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it cuBLAS may give other bits each time
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # spinning threads cost four times the time where cores are shared
    if sys.argv[1:2] == ["count-tokens"]:
        try:
            from track_evaluator import count_command
        except ImportError as problem:
            _exit_without(problem)
        sys.exit(count_command.run(sys.argv[2:]))
    if len(sys.argv) > 1:
        try:
            from track_evaluator import mask_command, tokens_command
        except ImportError as problem:
            _exit_without(problem)
        command = mask_command if sys.argv[1] == "mask" else tokens_command
        sys.exit(command.run(sys.argv[2:]))
    from track_evaluator.channel import Channel, read_requests

    channel = Channel.take_standard_output()
    requests = read_requests(channel)
    try:
        from track_evaluator.serve import serve
    except ImportError as problem:
        _exit_without(problem)
    serve(channel, requests)


def _exit_without(problem: ImportError) -> NoReturn:
    print(
        f"track-evaluator cannot import {problem.name or problem} in {sys.executable} ({problem}). "
        f"Install what it needs: {sys.executable} -m pip install torch transformers safetensors numpy",
        file=sys.stderr,
        flush=True,
    )
    os._exit(EX_CONFIG)


if __name__ == "__main__":
    main()
