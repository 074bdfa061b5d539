-- Which vocabulary types carry the loss of each domain, where the evaluator said so: kept[i] types of domain i, the largest summed NLL first,
-- and what the others come to. A row of its own, so that a run without them costs nothing and a reader of the rest reads no more than before.
CREATE TABLE run_types (
  run_id uuid PRIMARY KEY REFERENCES evaluation_run,
  kept   int[] NOT NULL,
  id     int[] NOT NULL,
  body   text[] NOT NULL,
  count  bigint[] NOT NULL,
  nll    float8[] NOT NULL,
  rest_count bigint[] NOT NULL,
  rest_nll   float8[] NOT NULL,
  CHECK (cardinality(body) = cardinality(id)), CHECK (cardinality(count) = cardinality(id)), CHECK (cardinality(nll) = cardinality(id)),
  CHECK (cardinality(rest_count) = cardinality(kept)), CHECK (cardinality(rest_nll) = cardinality(kept)),
  CHECK ('NaN' <> ALL (nll)), CHECK (0 <= ALL (nll)), CHECK (1 <= ALL (count))
);
CREATE TRIGGER run_types_immutable BEFORE UPDATE OR DELETE ON run_types FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- As in 0006: NLL do not shrink, counts and texts do.
ALTER TABLE run_types ALTER nll SET STORAGE EXTERNAL, ALTER rest_nll SET STORAGE EXTERNAL;
DO $$
BEGIN
  ALTER TABLE run_types ALTER kept SET COMPRESSION lz4, ALTER id SET COMPRESSION lz4, ALTER body SET COMPRESSION lz4,
                        ALTER count SET COMPRESSION lz4, ALTER rest_count SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  NULL;
END $$;
