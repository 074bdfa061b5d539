"""The two ends of the conversation: standard output for messages only, standard input whose end is noticed at once."""

import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from track_evaluator import contract


class Channel:
    """Writes messages to the process's real standard output, one at a time."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    @classmethod
    def take_standard_output(cls) -> "Channel":
        """Keeps the real standard output for messages; whatever a library prints goes to standard error."""
        sys.stdout.flush()
        descriptor = os.dup(1)
        os.set_inheritable(descriptor, False)
        os.dup2(2, 1)
        return cls(descriptor)

    def send(self, message: Mapping[str, Any]) -> None:
        """Writes one message. When nobody reads any more, the worker is gone and the process ends."""
        rest = memoryview(contract.encode(message))
        with self._lock:
            try:
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
            except BrokenPipeError:
                os._exit(0)

    def leave(self) -> None:
        """Ends the process now, whatever the other threads compute; a message on its way may finish first."""
        self._lock.acquire(timeout=1)
        sys.stderr.flush()
        os._exit(0)


def read_requests(channel: Channel) -> "queue.SimpleQueue[bytes]":
    """Starts the thread that reads standard input. At its end the process ends at once: the worker is gone."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        pending = b""
        while chunk := os.read(0, 65536):
            *complete, pending = (pending + chunk).split(b"\n")
            for line in complete:
                if line.strip():
                    lines.put(line)
        channel.leave()

    threading.Thread(target=read, name="standard input", daemon=True).start()
    return lines


class Progress:
    """Sends `progress` at most once a second."""

    def __init__(self, channel: Channel, identifier: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._channel = channel
        self._identifier = identifier
        self._clock = clock
        self._sent = clock()
        self.tokens_done = 0
        self.tokens_total = 0

    def tell(self, domain: int, documents_done: int) -> None:
        """Notes how far the evaluation is, and says so when a second has passed since the last time."""
        now = self._clock()
        if now - self._sent < 1:
            return
        self._sent = now
        self._channel.send(
            {
                "type": "progress",
                "id": self._identifier,
                "domain": domain,
                "documents_done": documents_done,
                "tokens_done": self.tokens_done,
                "tokens_total": self.tokens_total,
            }
        )
