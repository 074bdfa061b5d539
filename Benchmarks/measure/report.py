"""The figures as tables for people; the goals stand beside what was reached."""

from collections.abc import Iterable
from typing import Any

from .reading import EVALUATIONS
from .registry import DOCUMENTS, DOMAINS

NAME = 48
FIGURE = 10
# The columns of a load: with the name 138 characters.
LOAD_WIDTHS = (9, 12, 8, 8, 8, 11, 8, 9, 9, 8)
READING_WIDTHS = (10, 10, 11, 12, 10)


def lines(results: dict[str, Any]) -> list[str]:
    facts = results["machine"]
    load = f"load {facts['load_before']} before and {facts['load_after']} after, nice {facts['nice']}"
    found = [f"{facts['cores']} cores of {facts['cpu']}, Linux {facts['kernel']}, {facts['file_system']}, {load}"]
    sections = (
        ("recording", _recording), ("documents", _documents), ("growth", _growth), ("reading", _reading), ("start", _start),
        ("goals", _goals),
    )  # fmt: skip
    for name, section in sections:
        if results.get(name):
            found += ["", *section(results)]
    return found


def _row(name: str, *figures: str, widths: tuple[int, ...] = (FIGURE,) * 9) -> str:
    return name.ljust(NAME) + "".join(figure.rjust(width) for figure, width in zip(figures, widths, strict=False))


def _number(value: float | None, digits: int = 1) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def _loads(loads: Iterable[tuple[str, dict[str, Any]]], values_per_record: int) -> list[str]:
    """One line for each load; the columns that a load has no figure for stay empty."""
    found = []
    for name, load in loads:
        client = load.get("generator_cpu_ms", load.get("psql_cpu_ms"))
        figures = (
            _number(load["records_per_second"]), _number(load["records_per_second"] * values_per_record, 0),
            _number(load.get("p50_ms")), _number(load.get("p99_ms")), _number(load.get("server_cpu_ms"), 2),
            _number(load["postgres_cpu_ms"], 2), _number(client, 2), _number(load["cpu_bound_records_per_second"], 0),
            _number(load["wal_bytes"] / 1000), _number(load["others_cores"], 2),
        )  # fmt: skip
        found.append(_row(name, *figures, widths=LOAD_WIDTHS))
    return found


def _head(values: str) -> list[str]:
    heads = ("runs/s", f"{values}/s", "p50", "p99", "server", "PostgreSQL", "client", "by CPU", "WAL", "others")
    units = ("", "", "ms", "ms", "CPU ms", "CPU ms", "CPU ms", "runs/s", "kB/run", "cores")
    return [_row("", *heads, widths=LOAD_WIDTHS), _row("", *units, widths=LOAD_WIDTHS)]


def _recording(results: dict[str, Any]) -> list[str]:
    found = results["recording"]
    copy = found["copy"]
    loads = [(f"track, {name}", load) for name, load in found["track"].items()]
    loads += [(f"\\copy, {name}", load) for name, load in copy["loads"].items()]
    peer = results.get("mlflow", {})
    loads += [(f"MLflow {peer['version']}, {name}", load) for name, load in peer.get("recording", {}).items()]
    memory = ", ".join(f"{name}: {load['rss_before_mib']:.0f} → {load['rss_peak_mib']:.0f}" for name, load in found["track"].items())
    lines = [
        f"Recording summary runs of {DOMAINS} domains, {found['body_bytes'] / 1000:.0f} kB of JSON each, "
        f"{copy['row_stored_bytes'] / 1000:.1f} kB stored",
        *_head("metrics"),
        *_loads(loads, DOMAINS),
        f"trackd's resident memory, before → peak, MiB: {memory}",
    ]
    if "version" in peer:
        lines.append(f"MLflow's memory (PSS), MiB: idle {peer['idle_pss_mib']}, after the load {peer['loaded_pss_mib']}")
    elif peer:
        lines.append(f"MLflow: {peer['unavailable']}")
    return lines


def _documents(results: dict[str, Any]) -> list[str]:
    found = results["documents"]
    loads = [(f"track, {name}", load) for name, load in found["track"].items()]
    loads += [(f"\\copy binary, {name}", load) for name, load in found["copy"]["loads"].items()]
    memory = ", ".join(f"{name}: {load['rss_before_mib']:.0f} → {load['rss_peak_mib']:.0f}" for name, load in found["track"].items())
    return [
        f"Recording runs of {DOCUMENTS:,} documents, {found['body_bytes'] / 1e6:.1f} MB of JSON each, "
        f"{found['stored_bytes_per_document']:.1f} bytes stored per document",
        *_head("documents"),
        *_loads(loads, DOCUMENTS),
        f"trackd's resident memory, before → peak, MiB: {memory}",
    ]


def _growth(results: dict[str, Any]) -> list[str]:
    found = results["growth"]
    lines = [
        "As the database grows: p50 in ms, and CPU of trackd and PostgreSQL in ms",
        _row("documents' values before", "summary", "CPU", "documents", "CPU", "compare", "CPU", "compare", "CPU", "stored"),
        _row("", "run", "", "run", "", "summaries", "", "documents", "", "B"),
    ]
    for point in found["points"]:
        figures = []
        for name in ("summary_run", "documents_run", "compare_summaries", "compare_documents"):
            load = point[name]
            figures += [_number(load["p50_ms"]), _number(load["server_cpu_ms"] + load["postgres_cpu_ms"], 2)]
        lines.append(_row(f"{point['documents']:,}", *figures, _number(point["stored_bytes_per_document"])))
    for name, fit in found["extrapolation"].items():
        if fit:
            text = f"× {fit['factor_per_tenfold']:.2f} for every tenfold, so {fit['p50_ms']:.0f} ms at {fit['documents']:,} documents"
            lines.append(f"{name.replace('_', ' ')}, fitted: {text}")
    return lines


def _reading(results: dict[str, Any]) -> list[str]:
    heads = (("p50", "p99", "server", "PostgreSQL", "answer"), ("ms", "ms", "CPU ms", "CPU ms", "kB"))
    lines = ["Reading", *(_row("", *head, widths=READING_WIDTHS) for head in heads)]
    loads = [(f"track, two checkpoints among {size}", load) for size, load in results["reading"]["compare"].items()]
    loads.append((f"track, two checkpoints of {EVALUATIONS} runs each", results["reading"]["compare_repeated"]))
    for size, read in results.get("mlflow", {}).get("reading", {}).items():
        loads += [(f"MLflow, search for all {size} runs", read["search_all"]), (f"MLflow, get one of {size} runs", read["get_one"])]
    for name, load in loads:
        figures = (
            _number(load[key], digits) for key, digits in (("p50_ms", 1), ("p99_ms", 1), ("server_cpu_ms", 2), ("postgres_cpu_ms", 2))
        )
        lines.append(_row(name, *figures, _number(load["answer_bytes"] / 1000, 0), widths=READING_WIDTHS))
    return lines


def _start(results: dict[str, Any]) -> list[str]:
    found = results["start"]
    lines = ["Start to end of a program, 50 times", _row("", "best ms", "median ms")]
    lines += [_row(name, _number(time["best_ms"]), _number(time["median_ms"])) for name, time in found["programs"].items()]
    lines += ["Idle memory", _row("", "RSS MiB", "PSS MiB")]
    lines += [_row(name, _number(size["rss_mib"]), _number(size["pss_mib"])) for name, size in found["idle_memory"].items()]
    return lines


def _goals(results: dict[str, Any]) -> list[str]:
    lines = ["Goals"]
    for goal in results["goals"]:
        verdict = {True: "reached", False: "NOT reached", None: ""}[goal["reached"]]
        lines.append(f"  {goal['name']:<66}{goal['value']:>10,.2f} {goal['unit']:<4}{goal['goal'] or 'stated':<15}{verdict}".rstrip())
    return lines
