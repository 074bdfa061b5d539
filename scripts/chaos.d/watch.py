"""Looks on while it happens: terminal states and slots when they are first seen, and what the programs use."""

import contextlib
import json
import statistics
import subprocess
import threading

from case import Sightings, Violation
from house import House
from processes import resources

_LOOK = """
SELECT json_build_object(
  'ended', (SELECT coalesce(json_agg(json_build_array(id, state)), '[]') FROM job
             WHERE state IN ('succeeded', 'failed', 'cancelled')),
  'slots', (SELECT coalesce(json_agg(json_build_array(schedule_id, slot)), '[]') FROM occurrence),
  'connections', (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
  'bytes', pg_database_size('track'), 'dead', (SELECT coalesce(sum(n_dead_tup), 0) FROM pg_stat_user_tables));
"""


class Watch:
    """A thread that looks every few seconds; a look that the database cannot answer is left out."""

    def __init__(self, house: House, every: float) -> None:
        self.sightings = Sightings()
        self._house = house
        self._every = every
        self._stop = threading.Event()
        self._last_look = 0.0
        self._samples: list[dict[str, float]] = []
        self._file = (house.work / "metrics.jsonl").open("w")
        self._thread = threading.Thread(target=self._run, daemon=True, name="watch")

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Looks a last time and ends."""
        self._stop.set()
        self._thread.join()
        self._look()
        self._file.close()

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            self._look()

    def _look(self) -> None:
        began = self._house.history.now()
        with contextlib.suppress(subprocess.SubprocessError):
            found = json.loads(self._house.psql(_LOOK, timeout=20))
            ended = self._house.history.now()
            for job, state in found["ended"]:
                self.sightings.ended.setdefault(job, state)
            for schedule, slot in found["slots"]:
                if (schedule, slot) not in self.sightings.present:
                    self.sightings.present[schedule, slot] = ended
                    self.sightings.absent[schedule, slot] = self._last_look
            self._last_look = began
            self._sample(began, found)

    def _sample(self, at: float, found: dict[str, float]) -> None:
        sample = {"t": at} | {name: found[name] for name in ("connections", "bytes", "dead")}
        pid = self._house.daemon.pid
        if used := resources(pid) if pid else None:
            sample["descriptors"], sample["resident_kib"] = used
        self._samples.append(sample)
        self._file.write(json.dumps(sample) + "\n")
        self._file.flush()

    def table(self) -> list[str]:
        """Per measure: first, median, largest, last."""
        lines = []
        for name in ("descriptors", "resident_kib", "connections", "bytes", "dead"):
            values = [sample[name] for sample in self._samples if name in sample]
            if values:
                middle = statistics.median(values)
                lines.append(f"{name:13} first {values[0]:,}, median {middle:,.0f}, most {max(values):,}, last {values[-1]:,}")
        return lines

    def growth(self) -> list[Violation]:
        """In a run of half an hour and more: what grew all along. Data may; descriptors, memory and connections may not."""
        samples = self._samples[len(self._samples) // 4 :]
        if len(samples) < 20 or samples[-1]["t"] - samples[0]["t"] < 20 * 60:
            return []
        found = []
        for name, slack in (("descriptors", 40), ("resident_kib", 150_000), ("connections", 10)):
            values = [sample[name] for sample in samples if name in sample]
            early, late = statistics.median(values[: len(values) // 3]), statistics.median(values[-len(values) // 3 :])
            if late > early * 1.3 + slack:
                found.append(Violation("flat", f"{name} of trackd grew from {early:,.0f} to {late:,.0f} over the run"))
        return found
