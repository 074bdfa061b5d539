"""Proves the checker: breaks each promise on purpose, in a transaction that is rolled back, and wants to see it named.

Run on a small healthy history, which must be green first: a checker that is always red proves nothing either.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import snapshot
from case import Case
from checker import check
from house import House

_LIFT = "SET LOCAL session_replication_role = replica;"


@dataclass(frozen=True)
class Mutation:
    """What is broken, and which invariant must say so."""

    name: str
    invariant: str
    sql: str


MUTATIONS = (
    Mutation("an acknowledged run is lost", "D1", "DELETE FROM evaluation_run WHERE id = '{recorded}'"),
    Mutation("a run's digest is altered", "I7", "UPDATE evaluation_run SET digest = sha256('x') WHERE id = '{recorded}'"),
    Mutation(
        "a number loses its last digit",
        "D3",
        "UPDATE run_documents SET nll[1] = nll[1] * (1 + 2.3e-16) WHERE run_id = '{evaluated}'",
    ),
    Mutation("a count is off by one", "D3", "UPDATE run_documents SET tokens[1] = tokens[1] + 1 WHERE run_id = '{evaluated}'"),
    Mutation("a total is not the sum", "D3", "UPDATE evaluation_run SET nll[{place}] = nll[{place}] + 1 WHERE id = '{evaluated}'"),
    Mutation(
        "a run appears that nobody sent",
        "D2",
        "CREATE TEMP TABLE copied ON COMMIT DROP AS SELECT * FROM evaluation_run WHERE id = '{recorded}';"
        "UPDATE copied SET id = '01900000-0000-7000-8000-000000000000'; INSERT INTO evaluation_run SELECT * FROM copied",
    ),
    Mutation(
        "a run is recorded and kept apart",
        "D2",
        "INSERT INTO fenced_run (id, digest, job_id, fence, record)"
        " SELECT run_id, sha256('x'), job_id, fence, '{{}}' FROM job_result LIMIT 1",
    ),
    Mutation("an acknowledged checkpoint is lost", "D1", "DELETE FROM checkpoint WHERE id = (SELECT max(id) FROM checkpoint)"),
    Mutation("an acknowledged job is lost", "D1", "DELETE FROM job WHERE dedupe_key LIKE 'manual/%'"),
    Mutation("a slot is lost", "I1", "DELETE FROM occurrence"),
    Mutation(
        "a week is left out",
        "I1",
        "UPDATE schedule SET next_slot = next_slot + 7, next_at = next_at + interval '7 days'",
    ),
    Mutation(
        "a slot fires twice",
        "I1",
        "ALTER TABLE occurrence DROP CONSTRAINT occurrence_pkey CASCADE; INSERT INTO occurrence SELECT * FROM occurrence",
    ),
    Mutation("a slot's job is lost", "I10", "DELETE FROM job WHERE id = (SELECT min(id) FROM job WHERE schedule_id IS NOT NULL)"),
    Mutation(
        "a slot's job is doubled",
        "I10",
        "DROP INDEX job_once_per_slot;"
        "INSERT INTO job (dedupe_key, schedule_id, slot, checkpoint_id, revision_id, protocol_id, reason)"
        " SELECT dedupe_key || '/again', schedule_id, slot, checkpoint_id, revision_id, protocol_id, reason FROM job"
        " WHERE schedule_id IS NOT NULL LIMIT 1",
    ),
    Mutation(
        "two attempts are open",
        "I2",
        "DROP INDEX attempt_one_open; INSERT INTO attempt (job_id, fence, worker, embedded, host, pid)"
        " SELECT {job}, f, gen_random_uuid(), false, 'x', 1 FROM generate_series(98, 99) f",
    ),
    Mutation("a result is lost", "I3", "DELETE FROM job_result WHERE job_id = {job}"),
    Mutation("a job fails that has a result", "I3", "UPDATE job SET state = 'failed' WHERE id = {job}"),
    Mutation("a result is of an attempt that was lost", "I4", "UPDATE attempt SET outcome = 'lost' WHERE job_id = {job}"),
    Mutation("a fence is skipped", "I5", "UPDATE job SET fence = fence + 1 WHERE id = {job}"),
    Mutation(
        "an attempt is open and its job is not running",
        "I6",
        "UPDATE attempt SET ended_at = NULL, outcome = NULL WHERE job_id = {job}",
    ),
    Mutation("a job leaves its end", "I8", "UPDATE job SET state = 'queued', finished_at = NULL WHERE id = {job}"),
    Mutation("a budget is overdrawn", "I9", "UPDATE job SET attempts = max_attempts + 1 WHERE id = {job}"),
    Mutation(
        "a job is stuck",
        "I11",
        "UPDATE job SET state = 'queued', finished_at = NULL, run_at = now() + interval '8 days' WHERE id = {job}",
    ),
    Mutation("a lineage is never judged", "I11", "INSERT INTO review_due (lineage_id) SELECT id FROM lineage LIMIT 1"),
    Mutation("a verdict does not follow from its runs", "I12", "UPDATE verdict SET theta = theta + 0.001 WHERE theta < 'Infinity'"),
    Mutation("a card is not the one that was published", "I12", "UPDATE scorecard SET digest = sha256('x')"),
    Mutation(
        "attempts overlap",
        "I2",
        "INSERT INTO attempt (job_id, fence, worker, embedded, host, pid, started_at, ended_at, outcome)"
        " SELECT job_id, fence + 1, worker, embedded, host, pid, started_at - interval '1 s', ended_at, 'lost' FROM attempt"
        " WHERE job_id = {job} ORDER BY fence DESC LIMIT 1",
    ),
)


def prove(house: House, case: Case) -> list[str]:
    """What the checker did not see; empty when it sees everything. Prints a line for each mutation."""
    if violations := check(case):
        return [f"the healthy history is not green: {violations[0]}"]
    facts = _facts(house)
    blind = []
    for mutation in MUTATIONS:
        sql = f"BEGIN; {_LIFT} {mutation.sql.format(**facts)}; {snapshot.SQL} ROLLBACK;"
        seen = {violation.invariant for violation in check(replace(case, snapshot=snapshot.parse(house.psql(sql))))}
        blind += _judge(mutation.name, mutation.invariant, seen)
    for name, invariant, change in _BESIDE:
        blind += _judge(name, invariant, {violation.invariant for violation in check(_changed(case, change))})
    return blind


def _judge(name: str, invariant: str, seen: set[str]) -> list[str]:
    found = invariant in seen
    print(
        f"  {'seen  ' if found else 'UNSEEN'} {invariant:4} {name}"
        + ("" if found else f" (seen: {', '.join(sorted(seen)) or 'nothing'})")
    )
    return [] if found else [f"{name}: {invariant} was not reported"]


def _facts(house: House) -> dict[str, object]:
    """A recorded run, an evaluated one with numbers, and a job that ended in one attempt."""
    found = house.query(
        """
        SELECT json_build_object(
          'recorded', (SELECT id FROM evaluation_run r WHERE evaluator = 'chaos 1' ORDER BY id LIMIT 1),
          'evaluated', r.id, 'job', j.id, 'place', array_position(r.status, 1::smallint))
        FROM job_result x JOIN job j ON j.id = x.job_id AND j.fence = 1 JOIN evaluation_run r ON r.id = x.run_id
        WHERE 1 = ANY (r.status) AND 'Infinity' <> ALL (r.nll) ORDER BY j.id LIMIT 1"""
    )
    if not isinstance(found, dict) or None in found.values():
        raise RuntimeError(f"the small history lacks what the mutations need: {found}")
    return found


def _changed(case: Case, change: Callable[[Case], None]) -> Case:
    """The case with other remains or notes, taken back afterwards by being a copy."""
    copy = replace(
        case,
        remains=replace(case.remains, spools=dict(case.remains.spools), processes=[], cards=dict(case.remains.cards), late=[]),
        history=_Copied(case.history),
    )
    change(copy)
    return copy


class _Copied:
    """A history that can be lied to."""

    def __init__(self, history: object) -> None:
        self._history = history
        self.added: dict[str, list[dict[str, object]]] = {}

    def __getattr__(self, name: str) -> object:
        return getattr(self._history, name)

    def answered(self, operation: str, kind: str) -> list[dict[str, object]]:
        return self._history.answered(operation, kind) + self.added.get(f"{operation}/{kind}", [])

    def notes(self, source: str) -> list[dict[str, object]]:
        return self._history.notes(source) + self.added.get(source, [])


def _add(place: str, **event: object) -> Callable[[Case], None]:
    return lambda case: case.history.added.setdefault(place, []).append(event)


_RUN = {"id": "01900000-0000-7000-8000-000000000001", "digest": "sha256:" + "0" * 64, "t": 0.0}

_BESIDE: tuple[tuple[str, str, Callable[[Case], None]], ...] = (
    ("a spooled record never arrives", "D1", _add("spool/ok", **_RUN)),
    ("a sound request is refused", "D1", _add("record/fail", **_RUN, status=400, said="no")),
    ("another content is accepted under an old id", "D2", _add("contradict/ok", **_RUN, verdict="accepted")),
    ("SIGKILL leaves a torn file", "D4", _add("trial", kind="kill", at="write 1", files=1, whole=0, acknowledged=False)),
    (
        "a record is acknowledged and not on disk",
        "D4",
        _add("trial", kind="kill", at="rename 1", files=0, whole=0, acknowledged=True),
    ),
    ("EIO is taken for success", "D4", _add("trial", kind="eio", at="1+", status=69, files=0, whole=0, printed=False)),
    ("a damaged record is thrown away", "D6", _add("trial", kind="flip", records=2, untouched=1, reasons=2, sent=True)),
    ("a damaged record blocks a sound one", "D6", _add("trial", kind="flip", records=2, untouched=2, reasons=2, sent=False)),
    ("a record is stuck in a spool", "D5", lambda case: case.remains.spools.update(other={"new": ["1-x.rec"]})),
    ("an evaluator outlives its worker", "I11", lambda case: case.remains.processes.append("an evaluator is left alive: [1]")),
    ("a spool is never delivered", "I11", lambda case: case.remains.late.append("the spool was not delivered")),
    ("a card is gone", "I12", lambda case: case.remains.cards.clear()),
)
