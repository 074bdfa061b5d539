-- The newest run of a checkpoint on a revision under a protocol is the first entry of its stretch of the index, also among runs of one time.
DROP INDEX evaluation_run_of_checkpoint;
CREATE INDEX evaluation_run_of_checkpoint ON evaluation_run (checkpoint_id, revision_id, protocol_id, evaluated_at DESC, id DESC);
