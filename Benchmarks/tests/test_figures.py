import json

import pytest

from measure import copying, goals, growth, load, report
from measure.registry import DOCUMENTS_PER_DOMAIN, DOMAINS, Checkpoint
from measure.runs import documents, summary, write

CHECKPOINT = Checkpoint("a", "b", "sha256:00")


def figures(rate: float, p99: float = 1.0) -> dict[str, float]:
    return {
        "records_per_second": rate, "p50_ms": p99 / 2, "p99_ms": p99, "cpu_ms": 100 / rate, "server_cpu_ms": 1.0, "postgres_cpu_ms": 1.0,
        "cpu_bound_records_per_second": rate, "wal_bytes": 1000, "others_cores": 0.0, "rss_before_mib": 1.0, "rss_peak_mib": 2.0,
    }  # fmt: skip


def results(track: float, p99: float) -> dict[str, object]:
    loads = {name: figures(track, p99) for name in ("1 client", "8 clients", "8 clients, 8 lineages", "bulk, 1 client")}
    copies = {name: figures(1000) for name in ("one transaction", "a transaction per row, 8 sessions")}
    return {
        "machine": {"cores": 2, "cpu": "any", "kernel": "6", "file_system": "ext4", "nice": 0, "load_before": 0.0, "load_after": 0.0},
        "recording": {"body_bytes": 1, "track": loads, "copy": {"row_stored_bytes": 1, "loads": copies}},
        "mlflow": {"version": "3", "idle_pss_mib": 1, "loaded_pss_mib": 2, "recording": {"8 clients": figures(10)}},
    }


def verdicts(found: dict[str, object]) -> dict[str, bool | None]:
    return {goal["name"].strip(): goal["reached"] for goal in goals.reached(found)}


def test_a_goal_is_reached_at_its_bound_and_not_beyond():
    reached = verdicts(results(track=1000, p99=20))
    assert reached["metrics/s of 8 clients: track / MLflow"] is True
    assert reached["p99 of a summary run, 8 clients"] is True
    missed = verdicts(results(track=499, p99=20.1))
    assert missed["metrics/s of 8 clients: track / MLflow"] is False
    assert missed["summary runs/s: bulk / \\copy in one transaction"] is False
    assert missed["p99 of a summary run, 8 clients"] is False


def test_a_figure_without_a_goal_has_no_verdict():
    assert verdicts(results(1000, 20))["8 clients, a run in each request / \\copy in one transaction"] is None


def test_the_tables_show_what_was_missed():
    found = results(track=499, p99=20)
    found["goals"] = goals.reached(found)
    text = "\n".join(report.lines(found))
    assert "NOT reached" in text
    assert "MLflow 3, 8 clients" in text
    # Sections that were not measured are not there.
    assert "Reading" not in text


def test_a_power_law_is_extrapolated():
    points = [{"documents": 10**n, "x": {"p50_ms": 5 * 1.5**n}} for n in (5, 6, 8)]
    fit = growth.extrapolation(points, "x")
    assert fit is not None
    assert fit["factor_per_tenfold"] == pytest.approx(1.5)
    assert fit["p50_ms"] == pytest.approx(5 * 1.5**9, abs=0.1)


def test_one_point_says_nothing_of_growth():
    assert growth.extrapolation([{"documents": 1, "x": {"p50_ms": 1}}], "x") is None


def test_version_and_variant_of_made_up_ids():
    identifier = growth._uuid().hex()
    assert identifier[12] == "7"
    assert identifier[16] in "89ab"


def test_a_phase_divides_by_records_and_counts_everybody_once(monkeypatch):
    readings = iter([10.0, 13.0])
    monkeypatch.setattr(load.machine, "busy_seconds", lambda: next(readings))
    monkeypatch.setattr(load.machine, "CORES", 2)
    clock = iter([0.0, 4.0])
    monkeypatch.setattr(load.time, "monotonic", lambda: next(clock))
    cpu, log = iter([1.0, 2.0]), iter([500, 1500])
    report = load.phase(lambda: {"records": 100, "generator_cpu_s": 0.5}, {"server": lambda: next(cpu)}, lambda: next(log))
    assert report["server_cpu_ms"] == 10
    assert report["generator_cpu_ms"] == 5
    assert report["cpu_bound_records_per_second"] == pytest.approx(2 * 100 / 1.5, abs=0.1)
    assert report["wal_bytes"] == 10
    # 3 s were busy in 4 s, 1.5 of them ours.
    assert report["others_cores"] == pytest.approx(1.5 / 4, abs=0.01)


def test_times_of_psql():
    assert copying._times("Time: 12.500 ms\nTime: 61234.100 ms (01:01.234)\n") == [12.5, 61234.1]
    with pytest.raises(SystemExit):
        copying._times("no times")


def test_bodies_are_whole_and_the_same_every_time(tmp_path):
    runs = [summary(CHECKPOINT, "sha256:11", 3), documents(CHECKPOINT, "sha256:11", 3)]
    lines = write(tmp_path / "bodies", runs).read_text().splitlines()
    assert [len(json.loads(line)["run"]["domains"]) for line in lines] == [DOMAINS, DOMAINS]
    scores = runs[1]["domains"][0]["documents"]
    assert {len(values) for values in scores.values()} == {DOCUMENTS_PER_DOMAIN}
    assert sum(runs[1]["domains"][0]["histogram"]) == sum(scores["tokens"])
    assert documents(CHECKPOINT, "sha256:11", 3) == runs[1]
    assert documents(CHECKPOINT, "sha256:11", 4)["domains"][0]["documents"]["tokens"] == scores["tokens"]
