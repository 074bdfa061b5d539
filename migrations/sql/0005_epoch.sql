-- Which history of this database its clients talk to. They keep what they sent for a while and send it again when the epoch changes, because
-- what was acknowledged may be missing from the history that a restore or a failover went back to. A restore changes this row; initdb and
-- failover change the server's own identity and timeline, which are read beside it.
CREATE TABLE epoch (
  one_row     boolean PRIMARY KEY DEFAULT true CHECK (one_row),
  id          uuid NOT NULL DEFAULT gen_random_uuid(),
  began_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  first_fence bigint NOT NULL DEFAULT 0                -- no claim of this epoch has a fence this low
);
INSERT INTO epoch DEFAULT VALUES;

CREATE FUNCTION first_fence() RETURNS bigint LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT first_fence FROM epoch;
END;
-- A job that is queued after a restore may get the number of one that was lost with the history: its fences must differ from that one's.
ALTER TABLE job ALTER COLUMN fence SET DEFAULT first_fence();

-- What follows the loading of a backup, in its transaction. Workers of the lost history may still run: every fence that they hold must be
-- out of date, those that were handed out after the backup too. Nobody knows these any more; seconds since 1970 are above all of them, and
-- above those of an earlier restore, because no job is claimed once a second for so long.
CREATE FUNCTION begin_epoch() RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  fence_now bigint := greatest(first_fence() + 1, extract(epoch FROM clock_timestamp())::bigint);
  cause constant text := 'the database was restored from a backup';
BEGIN
  UPDATE epoch SET id = gen_random_uuid(), began_at = clock_timestamp(), first_fence = fence_now;
  UPDATE attempt SET ended_at = clock_timestamp(), outcome = 'lost', detail = cause WHERE ended_at IS NULL;
  UPDATE job SET fence = fence_now, lease_owner = NULL, lease_until = NULL,
         state = CASE WHEN state = 'running' AND cancel_requested_at IS NOT NULL THEN 'cancelled' ELSE 'queued' END::job_state,
         finished_at = CASE WHEN state = 'running' AND cancel_requested_at IS NOT NULL THEN clock_timestamp() END,
         last_error = CASE WHEN state = 'running' THEN cause ELSE last_error END
   WHERE state IN ('queued', 'running');
END $$;
