"""Speaks the contract with a real evaluator process, as a worker does."""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PROTOCOL = {"scoring": "all-tokens", "windows": "disjoint", "context": 16, "prefix": "bos-or-eos", "dtype": "float32", "rule": 1}
PATIENCE = 60  # seconds until a test gives an answer up
SOURCE = Path(__file__).parents[1] / "src"


class Evaluator:
    """An evaluator process; `ask` sends a line, `hear` gives the next message."""

    def __init__(
        self,
        prefix: Sequence[str] = (),
        program: Sequence[str] = ("-m", "track_evaluator"),
        folder: Path | None = None,
        listen: bool = True,
    ) -> None:
        self.process = subprocess.Popen(
            [*prefix, sys.executable, *program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8", "PYTHONPATH": str(SOURCE)},
        )
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.errors = b""
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read_messages, self._read_errors)]
        if not listen:
            self._readers.pop(0)
        for reader in self._readers:
            reader.start()

    def _read_messages(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors = self.process.stderr.read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()

    def send(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any] | None:
        """The next message; None when the evaluator has closed its standard output."""
        line = self._lines.get(timeout=PATIENCE)
        return None if line is None else json.loads(line)

    def join(self) -> None:
        """Waits until everything that the ended process wrote has been read."""
        for reader in self._readers:
            reader.join(PATIENCE)

    def close_input(self) -> int:
        """Ends standard input and returns the exit status."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(timeout=PATIENCE)

    def evaluate(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        """Sends a request and returns its messages up to `done` or `error`."""
        self.send(json.dumps(request).encode())
        messages = []
        while not messages or messages[-1]["type"] not in ("done", "error"):
            message = self.hear()
            assert message is not None, self.errors.decode()
            messages.append(message)
        return messages


def request(
    folder: Path, documents: Path, domains: dict[str, list[str]], identifier: str = "run-1", **protocol: Any
) -> dict[str, Any]:
    """Writes the documents file and returns the request for it."""
    lines = [json.dumps({"domain": i, "text": text}) for i, texts in enumerate(domains.values()) for text in texts]
    documents.write_text("".join(line + "\n" for line in lines))
    return {
        "type": "evaluate",
        "id": identifier,
        "checkpoint": {"path": str(folder), "digest": "sha256:" + "0" * 64},
        "protocol": {**PROTOCOL, **protocol},
        "documents": str(documents),
        "domains": [{"index": i, "name": name, "documents": len(texts)} for i, (name, texts) in enumerate(domains.items())],
    }
