-- Schedules, their slots, jobs, attempts. Every rule is a constraint or a guarded update of one row: no leader, no LISTEN, no lock held by
-- a connection. clock_timestamp(), not now(): a claim that waited for a lock must not get a shorter lease.

-- Local wall time to an instant, by RFC 5545: in a gap the offset before it, in an overlap the first occurrence (plain AT TIME ZONE takes
-- the second).
CREATE FUNCTION local_to_instant(local timestamp, zone text) RETURNS timestamptz LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
  second timestamptz := local AT TIME ZONE zone;
  offset_before interval := ((second - interval '24 hours') AT TIME ZONE zone) - ((second - interval '24 hours') AT TIME ZONE 'UTC');
  first timestamptz := (local - offset_before) AT TIME ZONE 'UTC';
BEGIN
  IF first < second AND (first AT TIME ZONE zone) = local THEN RETURN first; END IF;
  RETURN second;
END $$;

-- The first weekly occurrence strictly after `after`: its nominal local date and its instant. Days are counted as dates: a series of
-- timestamps would depend on the connection's own time zone.
CREATE FUNCTION next_weekly(after timestamptz, zone text, iso_weekday int, at time)
RETURNS TABLE (slot date, due_at timestamptz) LANGUAGE sql STABLE STRICT AS $$
  SELECT d.day, local_to_instant(d.day + at, zone)
    FROM (SELECT (after AT TIME ZONE zone)::date + i AS day FROM generate_series(-1, 8) i) d
   WHERE extract(isodow FROM d.day) = iso_weekday AND local_to_instant(d.day + at, zone) > after
   ORDER BY 1 LIMIT 1 $$;

CREATE TABLE schedule (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name           text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'),
  time_zone      text NOT NULL,
  iso_weekday    int NOT NULL CHECK (iso_weekday BETWEEN 1 AND 7),
  at_local       time NOT NULL CHECK (extract(second FROM at_local) = 0),
  domain_set_id  bigint NOT NULL REFERENCES domain_set,
  catchup_window interval NOT NULL DEFAULT '6 days' CHECK (catchup_window BETWEEN '0' AND '6 days'),  -- under a week: a late slot never meets the next
  enabled        boolean NOT NULL DEFAULT true,
  next_slot      date NOT NULL,
  next_at        timestamptz NOT NULL
);
CREATE INDEX schedule_due ON schedule (next_at) WHERE enabled;

-- POSIX strings such as 'Foo5' pass AT TIME ZONE; only UTC and the names of the tz database pass here.
CREATE FUNCTION check_time_zone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.time_zone <> 'UTC' AND (NEW.time_zone !~ '/' OR NEW.time_zone ~ '^(posix|right)/'
       OR NOT EXISTS (SELECT 1 FROM pg_timezone_names WHERE name = NEW.time_zone)) THEN
    RAISE EXCEPTION 'unknown time zone' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER schedule_time_zone BEFORE INSERT OR UPDATE OF time_zone ON schedule FOR EACH ROW EXECUTE FUNCTION check_time_zone();

-- The lineages that a schedule re-evaluates; none means all.
CREATE TABLE schedule_lineage (
  schedule_id bigint NOT NULL REFERENCES schedule,
  lineage_id  bigint NOT NULL REFERENCES lineage,
  PRIMARY KEY (schedule_id, lineage_id)
);

-- The decision for every slot, for ever. A slot is a nominal LOCAL date: it does not move with daylight saving or new zone rules, and the
-- primary key makes a second firing impossible.
CREATE TABLE occurrence (
  schedule_id bigint NOT NULL REFERENCES schedule,
  slot        date NOT NULL,
  due_at      timestamptz NOT NULL,
  outcome     text NOT NULL CHECK (outcome IN ('fired', 'missed', 'skipped_overlap', 'skipped_paused')),
  decided_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  decided_by  text NOT NULL,
  late_by     interval NOT NULL,
  PRIMARY KEY (schedule_id, slot)
);

CREATE TYPE job_state AS ENUM ('queued', 'running', 'succeeded', 'failed', 'cancelled');

CREATE TABLE job (
  id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  dedupe_key          text NOT NULL UNIQUE CHECK (length(dedupe_key) BETWEEN 1 AND 300),
  schedule_id         bigint,
  slot                date,
  checkpoint_id       bigint NOT NULL REFERENCES checkpoint,
  revision_id         bigint NOT NULL REFERENCES domain_set_revision,
  protocol_id         bigint NOT NULL REFERENCES protocol,
  reason              text NOT NULL CHECK (reason IN ('added', 'scheduled', 'manual')),
  evaluator           text NOT NULL DEFAULT 'transformers',
  priority            smallint NOT NULL DEFAULT 100,
  state               job_state NOT NULL DEFAULT 'queued',
  queued_at           timestamptz NOT NULL DEFAULT clock_timestamp(),
  run_at              timestamptz NOT NULL DEFAULT clock_timestamp(),
  attempts            int NOT NULL DEFAULT 0,          -- evaluator failures
  max_attempts        int NOT NULL DEFAULT 3 CHECK (max_attempts BETWEEN 1 AND 20),
  losses              int NOT NULL DEFAULT 0,          -- workers that vanished: a budget of their own, so that preemption burns no retries
  max_losses          int NOT NULL DEFAULT 5 CHECK (max_losses BETWEEN 1 AND 100),
  fence               bigint NOT NULL DEFAULT 0,       -- + 1 at every claim, never reset
  lease_owner         uuid,
  lease_until         timestamptz,                     -- for people; nothing is decided by it
  beat                bigint NOT NULL DEFAULT 0,
  progress            jsonb,
  cancel_requested_at timestamptz,
  finished_at         timestamptz,
  last_error          text,
  FOREIGN KEY (schedule_id, slot) REFERENCES occurrence,
  CHECK ((schedule_id IS NULL) = (slot IS NULL)),
  CHECK ((state = 'running') = (lease_owner IS NOT NULL)), CHECK ((lease_owner IS NULL) = (lease_until IS NULL)),
  CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'failed', 'cancelled')))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 100);
CREATE UNIQUE INDEX job_once_per_slot ON job (schedule_id, slot, checkpoint_id) WHERE schedule_id IS NOT NULL;
CREATE INDEX job_fetch ON job (priority, run_at, id) WHERE state = 'queued';
CREATE INDEX job_running ON job (id) WHERE state = 'running';   -- never index lease_until or beat: heartbeats stay heap-only updates
CREATE INDEX job_of_checkpoint ON job (checkpoint_id);

CREATE TABLE attempt (
  job_id     bigint NOT NULL REFERENCES job,
  fence      bigint NOT NULL,
  worker     uuid NOT NULL,
  embedded   boolean NOT NULL,
  host       text NOT NULL,
  pid        int NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at   timestamptz,
  outcome    text CHECK (outcome IN ('succeeded', 'evaluator_failed', 'lost', 'timed_out', 'cancelled', 'released')),
  detail     text,
  PRIMARY KEY (job_id, fence),
  CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX attempt_one_open ON attempt (job_id) WHERE ended_at IS NULL;

-- The run that a job ended in: exactly one for a job that succeeded.
CREATE TABLE job_result (
  job_id bigint PRIMARY KEY REFERENCES job,
  fence  bigint NOT NULL,
  run_id uuid NOT NULL UNIQUE REFERENCES evaluation_run,
  FOREIGN KEY (job_id, fence) REFERENCES attempt
);

-- What an attempt sent that had already lost its job: for audit only.
CREATE TABLE fenced_run (
  id          uuid PRIMARY KEY,
  digest      bytea NOT NULL CHECK (length(digest) = 32),
  job_id      bigint NOT NULL REFERENCES job,
  fence       bigint NOT NULL,
  record      jsonb NOT NULL,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
