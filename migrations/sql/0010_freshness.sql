-- What is said of a revision beside its documents: looks at it beside training text, and where its documents come from.

-- A look at a revision beside training text (Paloma's guideline G1). Only ever added to: the documents of a revision never change, but the
-- training text that they are held beside does.
CREATE TABLE decontamination (
  revision_id bigint NOT NULL REFERENCES domain_set_revision,
  digest      bytea NOT NULL CHECK (length(digest) = 32),  -- of the training text
  treatment   text NOT NULL CHECK (treatment IN ('drop', 'keep')),
  checked_at  timestamptz NOT NULL,
  report      jsonb NOT NULL,
  PRIMARY KEY (revision_id, digest, treatment)             -- the same look again is the same
);

-- The revision that a refresh began with: the anchor is scored on both, so that levels can be chained.
ALTER TABLE domain_set_revision ADD COLUMN refreshed_from bigint REFERENCES domain_set_revision;

-- A set that takes in new documents at every slot of a schedule.
CREATE TABLE domain_set_refresh (
  domain_set_id bigint PRIMARY KEY REFERENCES domain_set,
  folder        text NOT NULL CHECK (folder LIKE '/%'),    -- on the daemon's machine
  keep          text NOT NULL CHECK (keep IN ('all', 'none'))
);

-- After a refresh the slot scores its baseline on two revisions. That a slot makes a job of a checkpoint once is held by `dedupe_key` too.
DROP INDEX job_once_per_slot;
CREATE UNIQUE INDEX job_once_per_slot ON job (schedule_id, slot, checkpoint_id, revision_id) WHERE schedule_id IS NOT NULL;

-- What became of the refresh that was due at a slot, in words; null where none was.
ALTER TABLE occurrence ADD COLUMN refresh text;

-- Paloma's guideline G2, which nobody can see in a checkpoint: a person's word about the lineage.
ALTER TABLE lineage ADD COLUMN training_order text CHECK (training_order IN ('fixed', 'unknown'));
