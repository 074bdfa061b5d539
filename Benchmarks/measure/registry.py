"""What must be registered before a run can be recorded: domain sets, lineages, checkpoints."""

import hashlib
import json
import random
from dataclasses import dataclass

from .daemon import Daemon

# As many as Paloma has.
DOMAINS = 585
DOCUMENTS_PER_DOMAIN = 200
DOCUMENTS = DOMAINS * DOCUMENTS_PER_DOMAIN


@dataclass(frozen=True)
class Checkpoint:
    lineage: str
    name: str
    digest: str

    @property
    def key(self) -> dict[str, str]:
        return {"lineage": self.lineage, "digest": self.digest}

    @property
    def label(self) -> str:
        return f"{self.lineage}/{self.name}"


def domain_names() -> list[str]:
    """In sources of about Paloma's sizes."""
    return [f"source-{index // 40:02}/domain-{index:03}" for index in range(DOMAINS)]


def summary_set(daemon: Daemon) -> str:
    """Registers a set whose documents are not known; the digest of its revision."""
    return _upload(daemon, "summaries", {"kind": "summary", "split": "val", "seed": 0, "domains": domain_names()}, [])


def documents_set(daemon: Daemon) -> str:
    """Registers a set of short made-up documents, all different; the digest of its revision."""
    names = domain_names()
    words = random.Random(1)
    lines = [
        {"domain": domain, "text": f"Document {index} of {names[domain]} says {words.getrandbits(64):x}."}
        for domain in range(DOMAINS)
        for index in range(DOCUMENTS_PER_DOMAIN)
    ]
    return _upload(daemon, "documents", {"kind": "documents", "split": "val", "seed": 0, "domains": names}, lines)


def _upload(daemon: Daemon, name: str, head: dict[str, object], lines: list[dict[str, object]]) -> str:
    body = "".join(json.dumps(line) + "\n" for line in (head, *lines))
    digest: str = daemon.call("POST", f"/v1/domain-sets/{name}/revisions", body.encode(), "application/x-ndjson")["revision"]["digest"]
    return digest


def checkpoints(daemon: Daemon, lineage: str, count: int) -> list[Checkpoint]:
    """Registers a lineage with checkpoints of rising steps; the first is its baseline, the first domain is its in-domain text."""
    made = []
    for step in range(count):
        name = f"checkpoint-{step}"
        digest = "sha256:" + hashlib.sha256(f"{lineage}/{name}".encode()).hexdigest()
        body = {
            "lineage": lineage,
            "checkpoint": {"name": name, "uri": "file:///nowhere", "digest": digest, "step": step},
            "baseline": step == 0,
            "in_domain": [domain_names()[0]],
            "evaluate": False,
        }
        daemon.call("POST", "/v1/checkpoints", json.dumps(body).encode())
        made.append(Checkpoint(lineage, name, digest))
    return made
