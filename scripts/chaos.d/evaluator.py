"""An evaluator that needs no model: speaks the evaluator contract, version 1, and says what the reference model expects.

It ends when its standard input ends, as the contract asks, also while it pretends to compute.
"""

import json
import os
import select
import sys
import time
from pathlib import Path

import reference


def say(**message: object) -> None:
    """One message."""
    print(reference.wire(message), flush=True)


def pause(length: float) -> None:
    """Pretends to compute, unless standard input ends meanwhile: then nobody wants the result."""
    end = time.monotonic() + length
    while (rest := end - time.monotonic()) > 0:
        readable, _, _ = select.select([sys.stdin.buffer.raw], [], [], rest)
        if readable and not sys.stdin.buffer.peek(1):
            sys.exit(0)
        if readable:
            time.sleep(rest)


def read_texts(path: str) -> dict[int, list[str]]:
    """The documents by domain, in the frozen order."""
    found: dict[int, list[str]] = {}
    with Path(path).open(encoding="utf-8") as lines:
        for line in lines:
            document = json.loads(line)
            found.setdefault(document["domain"], []).append(document["text"])
    return found


def evaluate(request: dict[str, object]) -> None:
    """Answers one request."""
    identifier, checkpoint = request["id"], request["checkpoint"]["digest"]
    say(type="loaded", id=identifier, parameters=1, vocabulary=2, context=64, prefix_token=0, seconds=0.0)
    held_out = read_texts(request["documents"])
    tokens = 0
    share = reference.seconds(checkpoint) / max(1, len(request["domains"]))
    for asked in request["domains"]:
        pause(share)
        answer = reference.measurement(checkpoint, asked["name"], held_out.get(asked["index"], []))
        answer.pop("name")
        tokens += sum(answer.get("documents", {}).get("tokens", []))
        say(type="domain", id=identifier, index=asked["index"], seconds=share, **answer)
    say(type="done", id=identifier, tokens=tokens, seconds=1.0, tokens_per_second=float(tokens), peak_memory_bytes=1)


def main() -> None:
    """Serves until standard input ends."""
    say(type="hello", contract=1, evaluator="reference", version="1", environment={"pid": str(os.getpid())})
    for line in sys.stdin.buffer:
        evaluate(json.loads(line))


if __name__ == "__main__":
    main()
