"""The reference model: every number that the system under test must end up with, computed here a second time and by other code.

A score is a function of the checkpoint's digest and the document's text, so that it is known before anything runs, does not depend
on order, worker or attempt, and fills all 53 bits of a double: a last digit that got lost anywhere shows.
"""

import hashlib
import json
import math
import random
import re
from dataclasses import dataclass

BINS = 19
PROTOCOL = {"scoring": "all-tokens", "windows": "disjoint", "context": 64, "prefix": "bos-or-eos", "dtype": "float32", "rule": 1}

DOMAINS = ("books/prose", "chat/help", "code/python", "legal/licences", "web/news", "wiki/science")


def seeded(*parts: object) -> random.Random:
    """A generator of its own for each purpose, so that one more draw in one place changes nothing in another."""
    return random.Random("/".join(str(part) for part in parts))


def hash_of(*parts: str) -> bytes:
    """SHA-256 over parts that cannot run into each other."""
    return hashlib.sha256("\0".join(parts).encode()).digest()


@dataclass(frozen=True)
class Score:
    """What is expected of one document."""

    nll: float
    tokens: int
    bytes: int
    words: int
    bin: int


def score(checkpoint: str, text: str) -> Score:
    """The score of a document. With one tokenizer, tokens hang on the text alone. One in 211 is +inf: a broken model must show."""
    mixed = hash_of("score", checkpoint, text)
    tokens = 1 + int.from_bytes(hash_of("tokens", text)[:2], "big") % 500
    share = int.from_bytes(mixed[2:9], "big") / 2.0**56
    nll = math.inf if int.from_bytes(mixed[9:13], "big") % 211 == 0 else share * 6.0 * tokens
    return Score(nll, tokens, len(text.encode()), len(re.split(r"\s+", text)), mixed[13] % BINS)


def failure(checkpoint: str, domain: str) -> str | None:
    """Why a domain cannot be measured; most can. One in 23 fails."""
    if hash_of("failure", checkpoint, domain)[0] % 23 == 0:
        return f"NLL is NaN in document 1 of domain {domain}"
    return None


def seconds(checkpoint: str) -> float:
    """How long an evaluation of this checkpoint takes."""
    return 0.1 + 2.9 * (hash_of("seconds", checkpoint)[0] / 255.0) ** 2


def measurement(checkpoint: str, domain: str, texts: list[str]) -> dict[str, object]:
    """A domain of a run with documents, in the form of the wire."""
    if reason := failure(checkpoint, domain):
        return {"name": domain, "status": "failed", "reason": reason}
    scores = [score(checkpoint, text) for text in texts]
    histogram = [0] * BINS
    for each in scores:
        histogram[each.bin] += each.tokens
    return {
        "name": domain,
        "status": "ok",
        "documents": {
            "nll": [each.nll for each in scores],
            "tokens": [each.tokens for each in scores],
            "bytes": [each.bytes for each in scores],
            "words": [each.words for each in scores],
        },
        "histogram": histogram,
    }


def summary(checkpoint: str, domain: str, salt: str) -> dict[str, object]:
    """A domain of a summary run; the salt stands for the trainer's log that it came from."""
    mixed = hash_of("summary", checkpoint, domain, salt)
    line: dict[str, object] = {"name": domain, "mean_nll": int.from_bytes(mixed[:7], "big") / 2.0**56 * 7.0}
    if mixed[7] % 2:
        line["tokens"] = 1 + int.from_bytes(mixed[8:11], "big")
        line["bytes"] = 1 + int.from_bytes(mixed[11:14], "big")
    return line


def texts(seed: int) -> dict[str, list[str]]:
    """The held-out documents of every domain."""
    words = "the evidence of a model is what it says about text that it has never seen before and cannot have learnt".split()
    held_out: dict[str, list[str]] = {}
    for domain in DOMAINS:
        draw = seeded(seed, "texts", domain)
        held_out[domain] = [
            f"{domain} {number} " + " ".join(draw.choice(words) for _ in range(draw.randint(5, 60))) + "\n"
            for number in range(draw.randint(3, 7))
        ]
    return held_out


def total(values: list[float]) -> float:
    """Neumaier's compensated sum, as a domain's total is defined."""
    result, compensation = 0.0, 0.0
    for value in values:
        following = result + value
        if math.isfinite(following):
            compensation += (result - following) + value if abs(result) >= abs(value) else (value - following) + result
        result = following
    return result + compensation if math.isfinite(result) else result


def wire(value: object) -> str:
    """JSON as a client sends it: numbers that are not finite as strings."""
    return json.dumps(_spelled(value), separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _spelled(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, dict):
        return {key: _spelled(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_spelled(each) for each in value]
    return value


def canonical(run: dict[str, object]) -> bytes:
    """The canonical form of a run: sorted keys, no white space, shortest round-trip doubles; domains by their names."""
    domains = sorted(run["domains"], key=lambda domain: domain["name"].split("/"))
    aggregation = run.get("aggregation")
    if aggregation is None:
        content: dict[str, object] = {"kind": "documents", "domains": [_canonical_measurement(each) for each in domains]}
    else:
        content = {"kind": "summary", "aggregation": aggregation, "domains": [_canonical_summary(each) for each in domains]}
    form = {
        "checkpoint": run["checkpoint"],
        "environment": run.get("environment") or {},
        "evaluated_at": run["evaluated_at"],
        "evaluator": run["evaluator"],
        "id": run["id"],
        "protocol": run["protocol"],
        "reason": run["reason"],
        "revision": run["revision"],
        "supersedes": run.get("supersedes"),
        "content": content,
    }
    if run.get("effort") is not None:
        form["effort"] = run["effort"]
    text = json.dumps(_spelled(form), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def digest(run: dict[str, object]) -> str:
    """The digest that the daemon must keep with the run."""
    return "sha256:" + hashlib.sha256(canonical(run)).hexdigest()


def _canonical_measurement(domain: dict[str, object]) -> dict[str, object]:
    if domain["status"] == "failed":
        return {"name": domain["name"], "reason": domain["reason"], "status": "failed"}
    return {"name": domain["name"], "status": "ok", "histogram": domain.get("histogram") or [], **domain["documents"]}


def _canonical_summary(domain: dict[str, object]) -> dict[str, object]:
    return {key: domain.get(key) for key in ("name", "mean_nll", "tokens", "bytes")}


def crc32c(body: bytes) -> int:
    """CRC-32C, bit by bit: slow, and plainly another way than the table of the program under test."""
    state = 0xFFFFFFFF
    for byte in body:
        state ^= byte
        for _ in range(8):
            state = (state >> 1) ^ 0x82F63B78 if state & 1 else state >> 1
    return state ^ 0xFFFFFFFF


def frame(body: bytes) -> bytes:
    """A record of the spool as it lies on disk."""
    return f"TRK1 {len(body)} {crc32c(body):08x} {hashlib.sha256(body).hexdigest()}\n".encode() + body + b"\n"
