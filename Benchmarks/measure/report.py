"""The figures as a table for people; the goals stand beside what was reached."""

from typing import Any

from .recording import DOMAINS


def _row(*cells: str) -> str:
    widths = (48, 10, 14, 10, 10, 12, 17)
    name, *figures = cells
    return name.ljust(widths[0]) + "".join(cell.rjust(width) for cell, width in zip(figures, widths[1:], strict=False))


def _load_row(name: str, load: dict[str, Any], server: str) -> str:
    return _row(
        name, f"{load['requests_per_second']:.1f}", f"{load['metrics_per_second']:,.0f}", f"{load['p50_ms']:.1f}", f"{load['p99_ms']:.1f}",
        f"{load[server + '_cpu_ms_per_request']:.2f}", f"{load['postgres_cpu_ms_per_request']:.2f}",
    )  # fmt: skip


def recording(result: dict[str, Any]) -> list[str]:
    lines = [
        f"Recording summary runs of {DOMAINS} domains",
        _row("", "runs/s", "metrics/s", "p50 ms", "p99 ms", "server CPU", "PostgreSQL CPU"),
        _row("", "", "", "", "", "ms/run", "ms/run"),
    ]
    lines += [_load_row(f"track, {name.replace('_', ' ')}", load, "daemon") for name, load in result["track"].items()]
    copy = result["copy"]
    for name, key in (
        (f"psql \\copy, one transaction of {copy['rows']} rows", "one_transaction"),
        ("psql \\copy, a transaction per row, 1 session", "transaction_per_row_1_session"),
        ("psql \\copy, a transaction per row, 8 sessions", "transaction_per_row_8_sessions"),
    ):
        rate = copy[f"{key}_rows_per_second"]
        lines.append(_row(name, f"{rate:.1f}", f"{rate * DOMAINS:,.0f}"))
    peer = result.get("mlflow", {})
    if "version" in peer:
        lines += [_load_row(f"MLflow {peer['version']}, {n} client{'s' if n > 1 else ''}", peer[f"{n}_clients"], "server") for n in (1, 8)]
    elif "unavailable" in peer:
        lines.append(f"MLflow: {peer['unavailable']}")
    return lines


def starting(result: dict[str, Any]) -> list[str]:
    lines = ["Start to end of a program, 50 times", _row("", "best ms", "median ms")]
    lines += [_row(name, f"{time['best_ms']:.1f}", f"{time['median_ms']:.1f}") for name, time in result["programs"].items()]
    lines += ["Idle memory", _row("", "RSS MiB", "PSS MiB")]
    lines += [_row(name, f"{size['rss_mib']:.1f}", f"{size['pss_mib']:.1f}") for name, size in result["idle_memory"].items()]
    return lines


def ratios(results: dict[str, Any]) -> list[dict[str, Any]]:
    """What was reached of each goal."""
    goals: list[dict[str, Any]] = []

    def add(name: str, value: float, unit: str, bound: str, goal: float) -> None:
        reached = value >= goal if bound == "at least" else value <= goal
        goals.append({"name": name, "value": round(value, 3), "unit": unit, "goal": f"{bound} {goal:g}", "reached": reached})

    if load := results.get("recording"):
        eight = load["track"]["8_clients"]
        if "version" in load.get("mlflow", {}):
            theirs = load["mlflow"]["8_clients"]
            add(
                "metrics/s, track / MLflow, 8 clients",
                eight["metrics_per_second"] / theirs["metrics_per_second"],
                "×",
                "at least",
                100,
            )
        add(
            "runs/s, track with 8 clients / \\copy in one transaction",
            eight["requests_per_second"] / load["copy"]["one_transaction_rows_per_second"], "×", "at least", 0.5,
        )  # fmt: skip
        add("p99 of a run, 8 clients", eight["p99_ms"], "ms", "at most", 20)
    if start := results.get("start"):
        add("track --version, median", start["programs"]["track --version"]["median_ms"], "ms", "at most", 20)
        add("track status, median", start["programs"]["track status"]["median_ms"], "ms", "at most", 20)
        add("idle trackd, resident", start["idle_memory"]["trackd"]["rss_mib"], "MiB", "at most", 60)
    return goals


def goals(results: dict[str, Any]) -> list[str]:
    lines = ["Goals"]
    for goal in results["goals"]:
        verdict = "reached" if goal["reached"] else "NOT reached"
        lines.append(f"  {goal['name']:<60}{goal['value']:>10.2f} {goal['unit']:<4} {goal['goal']:<14} {verdict}")
    return lines
