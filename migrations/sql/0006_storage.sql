-- Recording many runs a second: news of a lineage are rows that are added and taken away. One row per lineage, which every transaction with
-- news updated, made the transactions of a lineage wait for each other.
ALTER TABLE review_due DROP CONSTRAINT review_due_pkey;
ALTER TABLE review_due DROP COLUMN generation;
ALTER TABLE review_due ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;

-- Runs are written once and are larger than a page, so that every array is compressed or stored apart. NLL are random in their last bytes:
-- trying to compress them costs time and gains nothing (measured: 4,700 of 4,700 bytes for 585 domains). Counts shrink to half, by lz4 at a
-- third of pglz's time. A server that was built without lz4 goes on as before. Rows that are there stay as they are, and readable.
ALTER TABLE evaluation_run ALTER nll SET STORAGE EXTERNAL;
ALTER TABLE run_documents ALTER nll SET STORAGE EXTERNAL;
DO $$
BEGIN
  ALTER TABLE evaluation_run ALTER status SET COMPRESSION lz4, ALTER tokens SET COMPRESSION lz4, ALTER bytes SET COMPRESSION lz4,
                             ALTER words SET COMPRESSION lz4, ALTER histogram SET COMPRESSION lz4;
  ALTER TABLE run_documents ALTER scored SET COMPRESSION lz4, ALTER tokens SET COMPRESSION lz4, ALTER bytes SET COMPRESSION lz4,
                            ALTER words SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  NULL;
END $$;
