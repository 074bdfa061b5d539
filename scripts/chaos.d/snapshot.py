"""What is in the database, read by psql and not by the product's own eyes, in one statement and so at one moment."""

import json
import math
from typing import Any

from house import House

_PARTS = {
    "runs": """
        SELECT r.id, encode(r.digest, 'hex') AS digest, l.name AS lineage, 'sha256:' || encode(c.digest, 'hex') AS checkpoint,
               'sha256:' || encode(v.digest, 'hex') AS revision, p.definition AS protocol, r.aggregation, r.reason, r.evaluator,
               r.environment, r.effort, to_char(r.evaluated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS evaluated_at,
               r.supersedes, r.status, r.nll, r.tokens, r.bytes, r.words, r.histogram, d.scored,
               d.nll AS document_nll, d.tokens AS document_tokens,
               d.bytes AS document_bytes, d.words AS document_words,
               (SELECT json_object_agg(f.domain, f.reason) FROM run_failure f WHERE f.run_id = r.id) AS failures
          FROM evaluation_run r JOIN checkpoint c ON c.id = r.checkpoint_id JOIN lineage l ON l.id = c.lineage_id
          JOIN domain_set_revision v ON v.id = r.revision_id JOIN protocol p ON p.id = r.protocol_id
          LEFT JOIN run_documents d ON d.run_id = r.id""",
    "fenced": "SELECT id, encode(digest, 'hex') AS digest, job_id, fence FROM fenced_run",
    "checkpoints": """
        SELECT c.id, l.name AS lineage, 'sha256:' || encode(c.digest, 'hex') AS digest
          FROM checkpoint c JOIN lineage l ON l.id = c.lineage_id""",
    "jobs": """
        SELECT j.id, j.dedupe_key, j.schedule_id, j.slot, j.checkpoint_id, j.state, j.attempts, j.max_attempts, j.losses,
               j.max_losses, j.fence,
               extract(epoch FROM j.run_at - clock_timestamp())::float8 AS due_in, j.last_error FROM job j""",
    "attempts": """
        SELECT job_id, fence, worker, outcome, ended_at IS NULL AS open, extract(epoch FROM started_at)::float8 AS started_at,
               extract(epoch FROM ended_at)::float8 AS ended_at FROM attempt ORDER BY job_id, fence""",
    "results": "SELECT job_id, fence, run_id FROM job_result",
    "schedules": """
        SELECT s.id, s.name, s.enabled, s.next_slot, extract(epoch FROM s.next_at - clock_timestamp())::float8 AS due_in,
               (SELECT coalesce(json_agg(l.name), '[]') FROM schedule_lineage x JOIN lineage l ON l.id = x.lineage_id
                 WHERE x.schedule_id = s.id) AS lineages
          FROM schedule s""",
    "occurrences": "SELECT schedule_id, slot, outcome FROM occurrence ORDER BY schedule_id, slot",
    "comparisons": "SELECT id, run_id, reference_run_id, unit FROM comparison",
    "verdicts": "SELECT comparison_id, domain, verdict, theta FROM verdict WHERE theta IS NOT NULL",
    "scorecards": """
        SELECT l.name AS lineage, s.week, encode(s.digest, 'hex') AS digest, s.json_path
          FROM scorecard s JOIN lineage l ON l.id = s.lineage_id""",
    "domains": """
        SELECT 'sha256:' || encode(v.digest, 'hex') AS revision, d.position, d.name
          FROM domain d JOIN domain_set_revision v ON v.id = d.revision_id ORDER BY 1, 2""",
    "waiting": """
        SELECT (SELECT count(*) FROM review_due) AS reviews,
               (SELECT count(*) FROM notification WHERE state = 'pending') AS notifications""",
}

_ROWS = "'{}', (SELECT coalesce(json_agg(x), '[]') FROM ({}) x)"
SQL = "SELECT json_build_object(" + ",\n".join(_ROWS.format(name, query) for name, query in _PARTS.items()) + ");"

Snapshot = dict[str, list[dict[str, Any]]]


def read(house: House) -> Snapshot:
    """The database as it is."""
    return parse(house.psql(SQL, timeout=300))


def parse(text: str) -> Snapshot:
    """A snapshot from what psql printed."""
    return json.loads(text)


def number(value: float | str) -> float:
    """A double as PostgreSQL writes it into JSON: infinity is a string there."""
    return math.inf if value == "Infinity" else float(value)


def effort(row: dict[str, Any] | None) -> dict[str, Any] | None:
    """What an evaluation cost: jsonb does not tell a double without a fraction from a count."""
    doubles = ("noise", "seconds", "tokens_per_second")
    return row and {key: float(value) if key in doubles else value for key, value in row.items()}


def run_of(row: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """A recorded run in the form of the wire, put together from its rows."""
    run = {
        "id": row["id"],
        "checkpoint": {"lineage": row["lineage"], "digest": row["checkpoint"]},
        "revision": row["revision"],
        "protocol": row["protocol"],
        "evaluator": row["evaluator"],
        "environment": row["environment"],
        "effort": effort(row["effort"]),
        "reason": row["reason"],
        "evaluated_at": row["evaluated_at"],
        "supersedes": row["supersedes"],
        "aggregation": row["aggregation"],
    }
    measured = [place for place in range(len(names)) if row["status"][place] == 1]
    if row["aggregation"] is not None:
        run["domains"] = [
            {
                "name": names[place],
                "mean_nll": number(row["nll"][place]),
                "tokens": row["tokens"][place] or None,
                "bytes": row["bytes"][place] or None,
            }
            for place in measured
        ]
        return run
    failed = [{"name": names[int(place)], "status": "failed", "reason": why} for place, why in (row["failures"] or {}).items()]
    run["domains"] = failed + [_measurement(row, place, names[place]) for place in measured]
    return run


def _measurement(row: dict[str, Any], place: int, name: str) -> dict[str, Any]:
    if row["scored"] is None:
        return {"name": name, "status": "ok", "documents": {}}
    first = sum(row["scored"][:place])
    span = slice(first, first + row["scored"][place])
    histogram = row["histogram"][place * 19 : place * 19 + 19]
    return {
        "name": name,
        "status": "ok",
        "documents": {
            "nll": [number(value) for value in row["document_nll"][span]],
            "tokens": row["document_tokens"][span],
            "bytes": row["document_bytes"][span],
            "words": row["document_words"][span],
        },
        "histogram": histogram if any(histogram) else [],
    }
