"""What was reached of each goal."""

from typing import Any

from .reading import EVALUATIONS
from .registry import DOCUMENTS


class _Goals:
    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def at_least(self, name: str, value: float, unit: str, goal: float) -> None:
        self._add(name, value, unit, f"at least {goal:g}", value >= goal)

    def at_most(self, name: str, value: float, unit: str, goal: float) -> None:
        self._add(name, value, unit, f"at most {goal:g}", value <= goal)

    def stated(self, name: str, value: float, unit: str) -> None:
        """A figure without a goal."""
        self._add(name, value, unit, None, None)

    def _add(self, name: str, value: float, unit: str, goal: str | None, reached: bool | None) -> None:
        self.lines.append({"name": name, "value": round(value, 3), "unit": unit, "goal": goal, "reached": reached})


def reached(results: dict[str, Any]) -> list[dict[str, Any]]:
    goals = _Goals()
    for section, add in (
        ("recording", _recording), ("documents", _documents), ("growth", _growth), ("reading", _reading), ("start", _start),
    ):  # fmt: skip
        if section in results:
            add(goals, results)
    return goals.lines


def _rate(load: dict[str, Any], peer: dict[str, Any]) -> float:
    ratio: float = load["records_per_second"] / peer["records_per_second"]
    return ratio


def _recording(goals: _Goals, results: dict[str, Any]) -> None:
    loads, copies = results["recording"]["track"], results["recording"]["copy"]["loads"]
    eight, bulk, whole = loads["8 clients"], loads["bulk, 1 client"], copies["one transaction"]
    if recorded := results.get("mlflow", {}).get("recording"):
        theirs = recorded["8 clients"]
        goals.at_least("metrics/s of 8 clients: track / MLflow", _rate(eight, theirs), "×", 100)
        goals.stated("  the same by CPU per metric: MLflow / track", theirs["cpu_ms"] / eight["cpu_ms"], "×")
        goals.stated("  bulk / MLflow of 8 clients", _rate(bulk, theirs), "×")
    goals.at_least("summary runs/s: bulk / \\copy in one transaction", _rate(bulk, whole), "×", 0.5)
    goals.stated("  by CPU per run: \\copy / bulk", whole["cpu_ms"] / bulk["cpu_ms"], "×")
    goals.stated("  8 clients, a run in each request / \\copy in one transaction", _rate(eight, whole), "×")
    singly = copies["a transaction per row, 8 sessions"]
    goals.stated("  8 clients / \\copy with a transaction per row, 8 sessions", _rate(eight, singly), "×")
    goals.at_most("p99 of a summary run, 8 clients", eight["p99_ms"], "ms", 20)


def _documents(goals: _Goals, results: dict[str, Any]) -> None:
    found = results["documents"]
    loads, copies = found["track"], found["copy"]["loads"]
    best = max(loads.values(), key=lambda load: load["records_per_second"])
    whole, singly = copies["one transaction"], copies["a transaction per row, 1 session"]
    goals.at_least("documents runs/s: track / binary COPY in one transaction", _rate(best, whole), "×", 0.5)
    goals.stated("  by CPU per run: COPY / track", whole["cpu_ms"] / best["cpu_ms"], "×")
    goals.stated("  1 client / COPY with a transaction per run, 1 session", _rate(loads["1 client"], singly), "×")
    goals.at_most("p99 of a documents run, 1 client", loads["1 client"]["p99_ms"], "ms", 250)
    goals.stated("bytes per document stored", found["stored_bytes_per_document"], "B")
    goals.stated("bytes of write-ahead log per document, 1 client", loads["1 client"]["wal_bytes"] / DOCUMENTS, "B")


def _growth(goals: _Goals, results: dict[str, Any]) -> None:
    points = results["growth"]["points"]
    first, last = points[0], points[-1]
    grown = f"{first['documents'] / 1e6:.1f} → {last['documents'] / 1e6:.0f} M documents"
    for name, what in (
        ("summary_run", "recording a summary run"),
        ("documents_run", "recording a documents run"),
        ("compare_documents", "comparing"),
    ):
        goals.at_most(f"{what}, p50 over {grown}", last[name]["p50_ms"] / first[name]["p50_ms"], "×", 1.25)
    if card := results["growth"].get("card"):
        _card(goals, card, "585 × 200 documents")


def _reading(goals: _Goals, results: dict[str, Any]) -> None:
    compared = results["reading"]["compare"]
    fewest, most = min(compared, key=int), max(compared, key=int)
    goals.at_most(f"comparing two checkpoints among {most}, p99", compared[most]["p99_ms"], "ms", 100)
    if fewest != most:
        goals.at_most(f"  p50 among {most} / among {fewest}", compared[most]["p50_ms"] / compared[fewest]["p50_ms"], "×", 1.25)
    goals.at_most(f"comparing two checkpoints of {EVALUATIONS} runs each, p99", results["reading"]["compare_repeated"]["p99_ms"], "ms", 100)
    if read := results.get("mlflow", {}).get("reading"):
        goals.stated(f"  MLflow's search of its {most} runs, p50", read[most]["search_all"]["p50_ms"], "ms")
        goals.stated("  MLflow's get of two runs, p50", 2 * read[most]["get_one"]["p50_ms"], "ms")
    _card(goals, results["reading"]["card"], "585 summaries")


def _card(goals: _Goals, card: dict[str, Any], what: str) -> None:
    goals.at_most(f"weekly card, {card['checkpoints']} checkpoints of {what}", card["median_ms"], "ms", 1000)
    goals.at_most("  its page", card["html_bytes"] / 1000, "kB", 300)


def _start(goals: _Goals, results: dict[str, Any]) -> None:
    start = results["start"]
    goals.at_most("track --version, median", start["programs"]["track --version"]["median_ms"], "ms", 20)
    goals.at_most("track status, median", start["programs"]["track status"]["median_ms"], "ms", 20)
    goals.at_most("idle trackd, resident", start["idle_memory"]["trackd"]["rss_mib"], "MiB", 60)
