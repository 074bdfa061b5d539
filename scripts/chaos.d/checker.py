"""The invariants, judged over the history, the database and the folders after everything was healed. Pure.

D1 to D6 are the promises of recording, I1 to I12 those of schedules, jobs and cards; docs/chaos.md says each in a sentence.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import reference
from case import Case, Violation
from snapshot import number, run_of


def check(case: Case) -> list[Violation]:
    """Everything that is broken."""
    return [violation for rule in RULES for violation in rule(case)]


def acknowledged_runs(case: Case) -> Iterator[Violation]:
    """D1 and I7: what was acknowledged is there, with the digest that the reference model computed."""
    for call in case.history.answered("record", "ok"):
        wanted = call["digest"].removeprefix("sha256:")
        if call["answered"] != call["digest"]:
            yield Violation("I7", f"run {call['id']} was acknowledged under another digest than it has", call)
        if call["verdict"] == "fenced":
            yield Violation("D1", f"run {call['id']} answers no attempt and was answered as fenced", call)
        elif (row := case.runs.get(call["id"])) is None:
            yield Violation("D1", f"run {call['id']} was acknowledged ({call['verdict']}) and is missing", call)
        elif row["digest"] != wanted:
            yield Violation("I7", f"run {call['id']} has the digest {row['digest']}, not {wanted}", call)
    for call in case.history.answered("record", "fail") + case.history.answered("evaluate", "fail"):
        yield Violation("D1", f"a sound request was refused: {call.get('said', call.get('status'))}", call)
    for call in case.history.answered("contradict", "ok"):
        yield Violation("D2", f"run {call['id']} was accepted a second time with other content", call)


def spooled_records(case: Case) -> Iterator[Violation]:
    """D1 for the spool: a record that was made durable has arrived."""
    for call in case.history.answered("spool", "ok"):
        row = case.runs.get(call["id"])
        if row is None:
            yield Violation("D1", f"run {call['id']} was durable in the spool and did not arrive", call)
        elif "sha256:" + row["digest"] != call["digest"]:
            yield Violation("I7", f"run {call['id']} arrived from the spool with the digest {row['digest']}", call)


def acknowledged_checkpoints(case: Case) -> Iterator[Violation]:
    """D1 for checkpoints and wishes: each is there once, and so is its job."""
    known = Counter((row["lineage"], row["digest"]) for row in case.snapshot["checkpoints"])
    keys = {row["dedupe_key"] for row in case.snapshot["jobs"]}
    for key, count in known.items():
        if count > 1:
            yield Violation("D2", f"checkpoint {key} is there {count} times")
    for call in case.history.answered("add", "ok"):
        if (call["lineage"], call["digest"]) not in known:
            yield Violation("D1", f"checkpoint {call['digest']} of {call['lineage']} was acknowledged and is missing", call)
        if call.get("job") is not None and call["job"] not in case.jobs:
            yield Violation("D1", f"the job {call['job']} of an added checkpoint is missing", call)
    for call in case.history.answered("evaluate", "ok"):
        if f"manual/{call['request']}" not in keys or call["job"] not in case.jobs:
            yield Violation("D1", f"the evaluation {call['request']} was acknowledged and has no job", call)
    asked = {(call["lineage"], call["digest"]) for call in case.history.invoked("add")}
    for key in known.keys() - asked:
        yield Violation("D2", f"checkpoint {key} was never added by anybody")


def explained_runs(case: Case) -> Iterator[Violation]:
    """D2: nothing is there that nobody sent, and no id is there twice."""
    sent: dict[str, set[str]] = defaultdict(set)
    for operation in ("record", "spool"):
        for call in case.history.invoked(operation):
            sent[call["id"]].add(call["digest"])
    of_jobs = {row["run_id"] for row in case.snapshot["results"]}
    if len(case.runs) != len(case.snapshot["runs"]):
        yield Violation("D2", "an id is in evaluation_run twice")
    for run, row in case.runs.items():
        if run not in of_jobs and "sha256:" + row["digest"] not in sent.get(run, ()):
            yield Violation("D2", f"run {run} with digest {row['digest']} is there, and nobody sent it", row["evaluator"])
        if run in case.fenced:
            yield Violation("D2", f"run {run} was both recorded and kept apart", case.fenced[run])


def stored_numbers(case: Case) -> Iterator[Violation]:
    """D3: whatever order things came in, every number is the reference's to the last digit, and the digest is that of the rows."""
    of_jobs = {row["run_id"] for row in case.snapshot["results"]}
    for identifier, row in case.runs.items():
        names = case.names[row["revision"]]
        run = run_of(row, names)
        if reference.digest(run) != "sha256:" + row["digest"]:
            yield Violation("D3", f"run {identifier} was altered: its rows do not have its digest {row['digest']}", run)
        found = {domain["name"]: domain for domain in run["domains"]}
        if identifier in of_jobs:
            expected = {name: reference.measurement(row["checkpoint"], name, case.texts[name]) for name in names}
            for name in names:
                if found.get(name) != expected[name]:
                    yield Violation(
                        "D3", f"run {identifier} differs from the reference in {name}", (found.get(name), expected[name])
                    )
        for place, name in enumerate(names):
            scores = found.get(name, {}).get("documents")
            if scores is not None and not scores:
                yield Violation("D3", f"run {identifier} has lost its documents")
            elif scores and number(row["nll"][place]) != reference.total(scores["nll"]):
                yield Violation("D3", f"run {identifier}: the total of {name} is not the sum of its documents", row["nll"][place])


def slots(case: Case) -> Iterator[Violation]:
    """I1: one row for every slot, without a gap from the first to the next one."""
    rows: dict[int, list[str]] = defaultdict(list)
    for row in case.snapshot["occurrences"]:
        rows[row["schedule_id"]].append(row["slot"])
    first = {call["name"]: call["next_slot"] for call in case.history.answered("schedule", "ok")}
    names = {row["name"] for row in case.snapshot["schedules"]}
    for name in first.keys() - names:
        yield Violation("D1", f"schedule {name} was acknowledged and is missing")
    for schedule in case.snapshot["schedules"]:
        decided = rows[schedule["id"]]
        if len(set(decided)) != len(decided):
            yield Violation("I1", f"schedule {schedule['name']} has a slot twice", decided)
        begin = first.get(schedule["name"]) or min(decided, default=schedule["next_slot"])
        slot, missing = date.fromisoformat(begin), []
        while slot < date.fromisoformat(schedule["next_slot"]):
            if slot.isoformat() not in decided:
                missing.append(slot.isoformat())
            slot += timedelta(days=7)
        if missing:
            yield Violation("I1", f"schedule {schedule['name']} has no row for slots that are past", missing)
        for weeks in range(1, int(schedule["due_in"] // (7 * 86_400)) + 1):
            nearer = date.fromisoformat(schedule["next_slot"]) - timedelta(days=7 * weeks)
            if schedule["enabled"] and nearer.isoformat() not in decided:
                yield Violation("I1", f"schedule {schedule['name']} leaves out its slot {nearer}, which is to come", schedule)
        if schedule["enabled"] and schedule["due_in"] < -30:
            yield Violation("I1", f"schedule {schedule['name']} is due for {-schedule['due_in']:.0f} s and not decided")


def attempts_and_results(case: Case) -> Iterator[Violation]:
    """I2 to I6, and that attempts at a job follow one another."""
    for job in case.jobs.values():
        tries, result = case.attempts[job["id"]], case.results.get(job["id"])
        opened = [row["fence"] for row in tries if row["open"]]
        if len(opened) > 1:
            yield Violation("I2", f"job {job['id']} has {len(opened)} open attempts", tries)
        if (job["state"] == "succeeded") != (result is not None):
            yield Violation("I3", f"job {job['id']} is {job['state']} and has {'a' if result else 'no'} result", result)
        ends = [row["fence"] for row in tries if row["outcome"] == "succeeded"]
        if ends != ([result["fence"]] if result else []):
            yield Violation(
                "I4", f"job {job['id']}: attempts {ends} succeeded, its result is of {result and result['fence']}", tries
            )
        if [row["fence"] for row in tries] != list(range(1, job["fence"] + 1)):
            yield Violation("I5", f"job {job['id']} has fence {job['fence']} and attempts {[row['fence'] for row in tries]}")
        if (job["state"] == "running") != bool(opened):
            yield Violation("I6", f"job {job['id']} is {job['state']} and its open attempts are {opened}")
        if result and result["run_id"] not in case.runs:
            yield Violation("I3", f"job {job['id']} ended in run {result['run_id']}, which is missing")
        if not case.clock_moved:
            for one, following in pairwise(tries):
                if one["ended_at"] is None or one["ended_at"] > following["started_at"]:
                    yield Violation(
                        "I2", f"attempts {one['fence']} and {following['fence']} at job {job['id']} overlap", (one, following)
                    )
    runs = [row["run_id"] for row in case.snapshot["results"]]
    if len(set(runs)) != len(runs):
        yield Violation("I3", "one run is the result of two jobs")


def terminal_states(case: Case) -> Iterator[Violation]:
    """I8: what has ended stays as it ended."""
    for job, state in case.sightings.ended.items():
        now = case.jobs.get(job, {}).get("state", "missing")
        if now != state:
            yield Violation("I8", f"job {job} was seen as {state} and is {now}")


def budgets(case: Case) -> Iterator[Violation]:
    """I9: no job is tried more often than it may, and none gave up before."""
    for job in case.jobs.values():
        outcomes = Counter(row["outcome"] for row in case.attempts[job["id"]])
        failures, losses = outcomes["evaluator_failed"] + outcomes["timed_out"], outcomes["lost"]
        if (failures, losses) != (job["attempts"], job["losses"]):
            yield Violation("I9", f"job {job['id']} counts {job['attempts']} failures and {job['losses']} losses", dict(outcomes))
        if job["attempts"] > job["max_attempts"] or job["losses"] > job["max_losses"]:
            yield Violation("I9", f"job {job['id']} went beyond its budgets", job)


def jobs_of_slots(case: Case) -> Iterator[Violation]:
    """I10: a slot that fired has one job for every checkpoint that was registered before, and none for one that came after."""
    schedules = {row["id"]: row for row in case.snapshot["schedules"]}
    made: dict[tuple[int, str], list[int]] = defaultdict(list)
    for job in case.jobs.values():
        if job["schedule_id"] is not None:
            made[job["schedule_id"], job["slot"]].append(job["checkpoint_id"])
    added: dict[tuple[str, str], float] = {}
    for call in sorted(case.history.answered("add", "ok"), key=lambda call: call["t"]):
        if not call.get("spooled"):
            added.setdefault((call["lineage"], call["digest"]), call["t"])
    asked: dict[tuple[str, str], float] = {}
    for call in case.history.invoked("add"):
        asked.setdefault((call["lineage"], call["digest"]), call["t"])
    for row in case.snapshot["occurrences"]:
        key = (row["schedule_id"], row["slot"])
        jobs = made.pop(key, [])
        if len(set(jobs)) != len(jobs):
            yield Violation("I10", f"slot {key} has two jobs of one checkpoint", jobs)
        if row["outcome"] != "fired":
            if jobs:
                yield Violation("I10", f"slot {key} is {row['outcome']} and has jobs", jobs)
            continue
        for checkpoint in case.snapshot["checkpoints"]:
            watched = schedules[row["schedule_id"]]["lineages"]
            if watched and checkpoint["lineage"] not in watched:
                expected = False
            elif added.get((checkpoint["lineage"], checkpoint["digest"]), 1e9) < case.sightings.absent.get(key, -1):
                expected = True
            elif asked.get((checkpoint["lineage"], checkpoint["digest"]), -1) > case.sightings.present.get(key, 1e9):
                expected = False
            else:
                continue
            if expected != (checkpoint["id"] in jobs):
                said = "has no job" if expected else "has a job"
                yield Violation("I10", f"slot {key} of lineages {watched} {said} for checkpoint {checkpoint['id']}", checkpoint)
    for key in made:
        yield Violation("I10", f"there are jobs of slot {key}, which nobody decided")


def liveness(case: Case) -> Iterator[Violation]:
    """I11: once the faults are over, everything comes to its end."""
    for sentence in case.remains.late:
        yield Violation("I11", sentence)
    for job in case.jobs.values():
        if job["state"] in ("queued", "running"):
            yield Violation("I11", f"job {job['id']} is still {job['state']}, due in {job['due_in']:.0f} s", job)
    for counts in case.snapshot["waiting"]:
        for what, count in counts.items():
            if count:
                yield Violation("I11", f"{count} {what} still wait")


def cards(case: Case) -> Iterator[Violation]:
    """I12: a comparison and a card cite recorded runs only, and what they say of them follows from them."""
    comparisons = {row["id"]: row for row in case.snapshot["comparisons"]}
    for row in case.snapshot["verdicts"]:
        comparison = comparisons[row["comparison_id"]]
        runs = [case.runs.get(comparison[side]) for side in ("run_id", "reference_run_id")]
        if None in runs:
            yield Violation("I12", "a comparison cites a run that is not recorded", comparison)
            continue
        aggregation = next((run["aggregation"] for run in runs if run["aggregation"]), None)
        own, other = (_mean(run, case.names[run["revision"]].index(row["domain"]), aggregation) for run in runs)
        theta = float("-inf") if row["theta"] == "-Infinity" else number(row["theta"])
        if own is None or other is None or comparison["unit"] != "perplexity":
            yield Violation("I12", f"a verdict about {row['domain']} rests on no number", (row, comparison))
        elif own - other != theta and not abs(own - other - theta) <= 1e-9 * max(1.0, abs(own), abs(other)):
            yield Violation("I12", f"a verdict about {row['domain']} says {theta}, its runs say {own - other}", comparison)
    for row in case.snapshot["scorecards"]:
        card = case.remains.cards.get(row["json_path"])
        if card is None:
            yield Violation("I12", f"the card {row['json_path']} is missing")
            continue
        for run in card[0]:
            if run not in case.runs:
                yield Violation("I12", f"the card {row['json_path']} cites run {run}, which is not recorded")
        if card[1] != row["digest"]:
            yield Violation(
                "I12", f"the card {row['json_path']} has another digest than the database says", (card[1], row["digest"])
            )


def _mean(row: dict[str, Any], place: int, aggregation: str | None) -> float | None:
    """The mean NLL of a domain, nats per token: over tokens, or over documents where the other side is a table made so."""
    if row["status"][place] != 1 or (row["aggregation"] is None and row["scored"] is None):
        return None
    if row["aggregation"]:
        return number(row["nll"][place])
    if aggregation != "document-weighted":
        return number(row["nll"][place]) / row["tokens"][place]
    first = sum(row["scored"][:place])
    span = slice(first, first + row["scored"][place])
    means = [number(nll) / tokens for nll, tokens in zip(row["document_nll"][span], row["document_tokens"][span], strict=True)]
    return sum(means) / len(means)


def spools(case: Case) -> Iterator[Violation]:
    """D5: after healing a spool holds nothing that waits, and nothing sound was set apart."""
    for machine, folders in case.remains.spools.items():
        for folder in ("new", "work", "quarantine"):
            if folders.get(folder):
                yield Violation("D5", f"{len(folders[folder])} files in {folder} of {machine}", folders[folder][:5])


def trials(case: Case) -> Iterator[Violation]:
    """D4 and D6, from the trials of the spool."""
    for note in case.history.notes("trial"):
        match note["kind"]:
            case "kill":
                if note["files"] != note["whole"] or note["files"] > 1:
                    yield Violation("D4", f"SIGKILL at {note['at']} left a file that is no whole record", note)
                if note["acknowledged"] and not note["whole"]:
                    yield Violation("D4", f"SIGKILL at {note['at']}: acknowledged as spooled, and it is not there", note)
            case "eio":
                wanted = 74 if note["at"] == "1+" else 69
                if note["status"] != wanted or note["files"] != note["whole"]:
                    yield Violation("D4", f"EIO at fsync {note['at']}: status {note['status']} where {wanted} is due", note)
                if wanted == 74 and not note["printed"]:
                    yield Violation("D4", "a record that could not be made durable was not printed", note)
                if wanted == 69 and not note["whole"]:
                    yield Violation("D4", f"EIO at fsync {note['at']}: acknowledged as spooled, and it is not there", note)
            case "flip":
                if note["untouched"] != note["records"]:
                    yield Violation(
                        "D6", f"of {note['records']} damaged records {note['untouched']} are in quarantine as they were", note
                    )
                if not note["sent"]:
                    yield Violation("D6", "a sound record behind damaged ones was not delivered", note)


def leftovers(case: Case) -> Iterator[Violation]:
    """No process outlives the house."""
    for sentence in case.remains.processes:
        yield Violation("I11", sentence)


def exits(case: Case) -> Iterator[Violation]:
    """A worker bears everything but being killed."""
    for note in case.history.notes("exit"):
        if note["program"].startswith("worker") and not note["killed"]:
            yield Violation("I11", f"{note['program']} ended by itself", note)


def sound_test(case: Case) -> Iterator[Violation]:
    """A nemesis or a client that could not act makes a green result worth less: that is red too."""
    for note in case.history.notes("nemesis") + case.history.notes("client"):
        if note["phase"] == "failed":
            yield Violation("chaos", f"{note['name']} failed by itself", note["said"])


RULES = (
    acknowledged_runs,
    spooled_records,
    acknowledged_checkpoints,
    explained_runs,
    stored_numbers,
    slots,
    attempts_and_results,
    terminal_states,
    budgets,
    jobs_of_slots,
    liveness,
    cards,
    spools,
    trials,
    leftovers,
    exits,
    sound_test,
)
