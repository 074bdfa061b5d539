"""What the clients know of the world: the held-out texts in their frozen order, the checkpoints, and how a run of them looks."""

import hashlib
import json
import random
import struct
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import reference
from house import House

SET = "heldout"
LINEAGES = ("alpha", "beta", "gamma")


@dataclass(frozen=True)
class Checkpoint:
    """A folder with weights, and the digest that it must be registered under."""

    lineage: str
    name: str
    step: int
    folder: Path
    digest: str

    @property
    def request(self) -> dict[str, Any]:
        """The body of `POST /v1/checkpoints`."""
        described = {"name": self.name, "uri": self.folder.as_uri(), "digest": self.digest, "step": self.step}
        return {"lineage": self.lineage, "checkpoint": described, "baseline": False, "in_domain": ["legal/*"], "evaluate": True}


class World:
    """Shared by the clients of one run."""

    def __init__(self, house: House, seed: int, checkpoints: int) -> None:
        self.house = house
        self.seed = seed
        self.limit = checkpoints
        self.revision = ""
        self.domains: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.cli_kill_odds = 0.0
        self._draw = reference.seeded(seed, "checkpoints")
        self._ids = reference.seeded(seed, "ids")
        self._made: list[Checkpoint] = []
        self._registered: list[Checkpoint] = []
        self._lock = threading.Lock()

    def write_held_out(self) -> Path:
        """The held-out texts as files for `track domains add`."""
        folder = self.house.work / "heldout"
        for domain, texts in reference.texts(self.seed).items():
            path = folder / f"{domain}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        return folder

    def read_revision(self) -> None:
        """Reads back which order was frozen, and that the texts are the ones that were given."""
        revision = self.house.ask("GET", f"/v1/domain-sets/{SET}").json()
        revision = revision[0] if isinstance(revision, list) else revision
        self.revision = revision["digest"]
        self.domains = [domain["name"] for domain in revision["domains"]]
        self.texts = {domain: [] for domain in self.domains}
        lines = self.house.ask("GET", f"/v1/revisions/{self.revision}/documents").body.splitlines()
        for document in map(json.loads, lines):
            self.texts[self.domains[document["domain"]]].append(document["text"])
        given = reference.texts(self.seed)
        if {name: sorted(texts) for name, texts in self.texts.items()} != {name: sorted(texts) for name, texts in given.items()}:
            raise RuntimeError("the domain set holds other texts than were given")

    def new_checkpoint(self, lineage: str | None = None) -> Checkpoint | None:
        """Writes a new checkpoint folder; None when there are enough."""
        with self._lock:
            if len(self._made) >= self.limit and lineage is None:
                return None
            step = 10 * (len(self._made) + 1)
            lineage = lineage or self._draw.choice(LINEAGES)
            folder = self.house.work / "models" / lineage / f"checkpoint-{step}"
            weights = self._draw.randbytes(16)
            checkpoint = Checkpoint(lineage, folder.name, step, folder, _write_model(folder, weights))
            self._made.append(checkpoint)
            return checkpoint

    def registered(self, checkpoint: Checkpoint) -> None:
        """The daemon acknowledged it."""
        with self._lock:
            if checkpoint not in self._registered:
                self._registered.append(checkpoint)

    def pick(self, draw: random.Random) -> Checkpoint:
        """A registered checkpoint."""
        with self._lock:
            return draw.choice(self._registered)

    def run_id(self) -> str:
        """A UUID of version 7."""
        with self._lock:
            rest = self._ids.getrandbits(74)
        value = (int(time.time() * 1000) << 80) | (7 << 76) | ((rest >> 62) << 64) | (2 << 62) | (rest & ((1 << 62) - 1))
        text = f"{value:032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def run(self, checkpoint: Checkpoint, draw: random.Random) -> dict[str, Any]:
        """A run that a client records by itself: a summary, or with documents of which some domains are left out."""
        run: dict[str, Any] = {
            "id": self.run_id(),
            "checkpoint": {"lineage": checkpoint.lineage, "digest": checkpoint.digest},
            "revision": self.revision,
            "protocol": reference.PROTOCOL,
            "evaluator": "chaos 1",
            "environment": {"host": f"node-{draw.randint(1, 9)}", "note": "grün ≠ green"},
            "reason": "imported",
            "evaluated_at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + f".{draw.randint(0, 999):03d}Z",
        }
        names = [name for name in self.domains if draw.random() < 0.85] or self.domains[:1]
        draw.shuffle(names)
        if draw.random() < 0.5:
            run["aggregation"] = draw.choice(["token-weighted", "document-weighted"])
            run["domains"] = [reference.summary(checkpoint.digest, name, run["id"]) for name in names]
        else:
            run["domains"] = [reference.measurement(checkpoint.digest, name, self.texts[name]) for name in names]
        return run


def _write_model(folder: Path, weights: bytes) -> str:
    """A checkpoint that is whole by its form; its digest as the product defines it, computed here again."""
    folder.mkdir(parents=True, mode=0o755)
    header = json.dumps({"w": {"dtype": "U8", "shape": [len(weights)], "data_offsets": [0, len(weights)]}}).encode()
    files = {
        "config.json": json.dumps({"architectures": ["ReferenceForCausalLM"], "max_position_embeddings": 64}).encode(),
        "model.safetensors": struct.pack("<Q", len(header)) + header + weights,
    }
    listed = "track checkpoint 1\n"
    for name, content in sorted(files.items()):
        (folder / name).write_bytes(content)
        listed += f"{name}\n{len(content)}\n{hashlib.sha256(content).hexdigest()}\n"
    return "sha256:" + hashlib.sha256(listed.encode()).hexdigest()
