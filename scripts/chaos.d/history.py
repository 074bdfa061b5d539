"""The history of a run: what every client asked, and what it was told. One JSON object per line, written as it happens.

Each call is an `invoke` and then one of `ok` (it was acknowledged), `fail` (it was refused, and must have had no effect) or `info`
(nobody knows: the answer was lost, or the caller was killed). What follows from an `info` may be there or not.
"""

import json
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any


class History:
    """A log that threads share."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.events: list[dict[str, Any]] = []
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._file = path.open("w", encoding="utf-8")
        self._calls = 0

    def now(self) -> float:
        """Seconds since the beginning, on a clock that no nemesis moves."""
        return time.monotonic() - self._began

    def invoke(self, client: str, operation: str, **facts: Any) -> "Call":
        """Begins a call."""
        with self._lock:
            self._calls += 1
            call = Call(self, self._calls, client, operation)
        self._write(type="invoke", call=call.number, client=client, op=operation, **facts)
        return call

    def note(self, source: str, **facts: Any) -> None:
        """Something that is no call: a nemesis, a restart."""
        self._write(type="note", source=source, **facts)

    def answered(self, operation: str, kind: str) -> list[dict[str, Any]]:
        """The calls of an operation that ended so: the facts of the invocation, and over them those of the end."""
        with self._lock:
            events = list(self.events)
        invoked = {event["call"]: event for event in events if event["type"] == "invoke" and event["op"] == operation}
        return [
            {**invoked[event["call"]], **event, "invoked_at": invoked[event["call"]]["t"]}
            for event in events
            if event["type"] == kind and event["call"] in invoked
        ]

    def invoked(self, operation: str) -> list[dict[str, Any]]:
        """All calls of an operation, however they ended."""
        with self._lock:
            return [event for event in self.events if event["type"] == "invoke" and event["op"] == operation]

    def notes(self, source: str) -> list[dict[str, Any]]:
        """The notes of a source."""
        with self._lock:
            return [event for event in self.events if event["type"] == "note" and event["source"] == source]

    def counts(self) -> Counter[tuple[str, str]]:
        """How many calls of each operation ended how."""
        with self._lock:
            operations = {event["call"]: event["op"] for event in self.events if event["type"] == "invoke"}
            return Counter(
                (operations[event["call"]], event["type"]) for event in self.events if event["type"] in ("ok", "fail", "info")
            )

    def close(self) -> None:
        """Ends the file."""
        self._file.close()

    def _write(self, **event: Any) -> None:
        with self._lock:
            event["t"] = round(self.now(), 4)
            self.events.append(event)
            self._file.write(json.dumps(event, ensure_ascii=False) + "\n")
            self._file.flush()


class Call:
    """A call under way."""

    def __init__(self, history: History, number: int, client: str, operation: str) -> None:
        self.number = number
        self.operation = operation
        self._history = history
        self._client = client

    def ok(self, **facts: Any) -> None:
        """It was acknowledged."""
        self._end("ok", facts)

    def fail(self, **facts: Any) -> None:
        """It was refused."""
        self._end("fail", facts)

    def info(self, **facts: Any) -> None:
        """Nobody knows."""
        self._end("info", facts)

    def _end(self, kind: str, facts: dict[str, Any]) -> None:
        self._history._write(type=kind, call=self.number, client=self._client, **facts)
