"""A proxy between clients and the daemon that misbehaves on request: the network's faults on one machine.

Faults, each for new and living connections alike:
  cut        forwards the request, then closes both sides before a byte of the answer gets back: the most valuable one
  blackhole  takes everything and passes nothing on, either way
  slice      passes on one byte at a time
  delay      holds every piece back for a while
  refuse     closes new connections at once
"""

import asyncio
import contextlib
import random
import socket
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

FAULTS = ("cut", "blackhole", "slice", "delay", "refuse")
Address = str | tuple[str, int]


class Proxy:
    """One proxy on a thread of its own. `upstream` and `listen` are the path of a Unix socket or (host, port)."""

    def __init__(self, listen: Address, upstream: Address, draw: random.Random) -> None:
        self.listen = listen
        self.upstream = upstream
        self.fault: str | None = None
        self.counts = dict.fromkeys(FAULTS, 0)
        self._draw = draw
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        threading.Thread(target=self._run, daemon=True, name="proxy").start()
        self._ready.wait()
        if self._failure:
            raise self._failure

    @property
    def url(self) -> str:
        """As `TRACK_URL` is written."""
        return f"unix:{self.listen}" if isinstance(self.listen, str) else f"http://{self.listen[0]}:{self.listen[1]}"

    def set(self, fault: str | None) -> None:
        """Sets the fault; None heals. What a black hole swallowed does not come back: its connections are closed then."""
        leaving, self.fault = self.fault, fault
        if leaving == "blackhole" and fault != "blackhole":
            self._loop.call_soon_threadsafe(self._close_all)

    def _close_all(self) -> None:
        for writer in list(self._writers):
            writer.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._listen())
        except OSError as failure:
            self._failure = failure
            return
        finally:
            self._ready.set()
        self._loop.run_forever()

    async def _listen(self) -> None:
        if isinstance(self.listen, str):
            with contextlib.suppress(FileNotFoundError):
                Path(self.listen).unlink()
            await asyncio.start_unix_server(self._serve, self.listen)
        else:
            server = await asyncio.start_server(self._serve, *self.listen, family=socket.AF_INET)
            self.listen = (self.listen[0], server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.fault == "refuse":
            self.counts["refuse"] += 1
            writer.close()
            return
        try:
            upstream = await self._open()
        except OSError:
            writer.close()
            return
        self._writers |= {writer, upstream[1]}
        there = self._spawn(self._pass(reader, upstream[1], answers=False))
        back = self._spawn(self._pass(upstream[0], writer, answers=True))
        await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        # A request may be complete before its answer comes; an answer that ended ends the connection.
        if not back.done():
            await asyncio.wait({back}, timeout=120)
        for task in (there, back):
            task.cancel()
        for each in (writer, upstream[1]):
            each.close()
            self._writers.discard(each)

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.upstream, str):
            return await asyncio.open_unix_connection(self.upstream)
        return await asyncio.open_connection(*self.upstream)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while piece := await reader.read(65536):
                match self.fault:
                    case "cut" if answers:
                        self.counts["cut"] += 1
                        return
                    case "blackhole":
                        self.counts["blackhole"] += 1
                        continue
                    case "slice":
                        self.counts["slice"] += 1
                        for place in range(len(piece)):
                            writer.write(piece[place : place + 1])
                            await writer.drain()
                            await asyncio.sleep(0)
                        continue
                    case "delay":
                        self.counts["delay"] += 1
                        await asyncio.sleep(self._draw.uniform(0.05, 0.6))
                writer.write(piece)
                await writer.drain()
            if not answers and writer.can_write_eof():
                writer.write_eof()
