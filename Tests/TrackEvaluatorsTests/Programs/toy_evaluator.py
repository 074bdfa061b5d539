"""Plays an evaluator for the tests. What it does with a request is the name of the checkpoint's folder."""

import json
import os
import sys
import time


def say(**message):
    print(json.dumps(message), flush=True)


def domain(request, asked, nll=1.5):
    n = asked["documents"]
    return {
        "type": "domain",
        "id": request["id"],
        "index": asked["index"],
        "status": "ok",
        "documents": {"nll": [nll] * n, "tokens": [2] * n, "bytes": [5] * n, "words": [1] * n},
        "histogram": [2 * n] + [0] * 18,
        "seconds": 0.1,
    }


if "--cannot-run" in sys.argv:
    print("torch is missing: pip install torch", file=sys.stderr)
    sys.exit(78)

environment = {"pid": str(os.getpid()), "home": os.environ.get("HOME", ""), "secret": os.environ.get("TRACK_TOKEN", "none")}
say(type="hello", contract=1, evaluator="toy", version="1", environment=environment)
served = 0
for line in sys.stdin:
    request = json.loads(line)
    served += 1
    act = os.path.basename(request["checkpoint"]["path"])
    if act == "crash":
        print("segmentation fault in the toy", file=sys.stderr, flush=True)
        os._exit(3)
    if act == "once" and served > 1:
        os._exit(4)
    if act == "silent":
        time.sleep(3600)
    if act == "refuse":
        say(type="error", id=request["id"], code="checkpoint_invalid", retry=False, message="not a language model")
        continue
    if act == "garbage":
        print("Loading weights: 100%", flush=True)
    say(type="loaded", id=request["id"], parameters=1, vocabulary=2, context=128, prefix_token=0, seconds=0)
    for asked in request["domains"]:
        if act == "nan":
            say(**domain(request, asked, nll=float("nan")))
        elif act == "short":
            say(**domain(request, {**asked, "documents": 1}))
        else:
            say(**domain(request, asked))
    say(type="done", id=request["id"], tokens=4, seconds=1, tokens_per_second=4, peak_memory_bytes=1)
