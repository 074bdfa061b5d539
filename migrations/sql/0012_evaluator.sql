-- The evaluator of a lineage's checkpoints, by its name on the workers; NULL is the one that comes with track. Numbers of two evaluators
-- compare when their protocol is the same, but their noise differs: a lineage stays with one.
ALTER TABLE lineage ADD COLUMN evaluator text CHECK (evaluator <> '');
