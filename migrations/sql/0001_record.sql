-- What is recorded: checkpoints, domain sets, protocols, runs. A run is immutable; nothing here is ever updated but a lineage's settings.

CREATE TABLE lineage (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'),
  baseline   bigint,                                  -- the checkpoint that later ones are judged against
  in_domain  text[] NOT NULL DEFAULT '{}',            -- 'source/domain' or 'source/*'; all others are OOD
  domain_set text,                                    -- on which a new checkpoint is evaluated
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE checkpoint (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  lineage_id      bigint NOT NULL REFERENCES lineage,
  name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  uri             text NOT NULL,
  digest          bytea NOT NULL CHECK (length(digest) = 32),
  step            bigint CHECK (step >= 0),
  tokens_seen     bigint CHECK (tokens_seen >= 0),
  parameters      bigint CHECK (parameters >= 0),
  architecture    text,
  tokenizer       bytea CHECK (length(tokenizer) = 32),
  maximum_context int CHECK (maximum_context > 0),
  bytes           bigint CHECK (bytes >= 0),
  parent          bigint REFERENCES checkpoint,
  added_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (lineage_id, digest)                         -- a checkpoint is idempotent by content digest and lineage
);
CREATE INDEX checkpoint_order ON checkpoint (lineage_id, step, id);
CREATE INDEX checkpoint_digest ON checkpoint (digest);
ALTER TABLE lineage ADD FOREIGN KEY (baseline) REFERENCES checkpoint;

CREATE TABLE domain_set (
  id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$')
);

CREATE TABLE domain_set_revision (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  domain_set_id bigint NOT NULL REFERENCES domain_set,
  number        int NOT NULL CHECK (number >= 1),
  digest        bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
  kind          text NOT NULL CHECK (kind IN ('documents', 'summary')),
  split         text NOT NULL CHECK (split ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'),
  seed          bigint NOT NULL,                      -- of the permutation that ordered the documents
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (domain_set_id, number)
);

-- Position i of every array of a run is domain i of its revision.
CREATE TABLE domain (
  revision_id bigint NOT NULL REFERENCES domain_set_revision,
  position    int NOT NULL CHECK (position >= 0),
  name        text NOT NULL CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}/[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'),
  documents   int NOT NULL CHECK (documents >= 0),
  bytes       bigint NOT NULL CHECK (bytes >= 0),
  words       bigint NOT NULL CHECK (words >= 0),
  PRIMARY KEY (revision_id, position),
  UNIQUE (revision_id, name)
);

CREATE TABLE document_text (
  digest bytea PRIMARY KEY CHECK (length(digest) = 32),
  body   text NOT NULL
);

-- The frozen order: by domain, inside a domain by the stored permutation.
CREATE TABLE document (
  revision_id bigint NOT NULL,
  domain      int NOT NULL,
  position    int NOT NULL CHECK (position >= 0),     -- inside its domain
  digest      bytea NOT NULL REFERENCES document_text,
  PRIMARY KEY (revision_id, domain, position),
  FOREIGN KEY (revision_id, domain) REFERENCES domain
);

CREATE TABLE protocol (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  digest     bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
  definition jsonb NOT NULL
);

-- One row per run: who, what, when, and its values per domain as arrays over the frozen order of domains (6 kB for 585 domains where
-- a row per domain takes 69 to 95 kB). NLL in nats; PostgreSQL orders NaN above infinity, so the checks below refuse NaN too.
CREATE TABLE evaluation_run (
  id            uuid PRIMARY KEY,                     -- UUIDv7, made by the client
  digest        bytea NOT NULL CHECK (length(digest) = 32),
  checkpoint_id bigint NOT NULL REFERENCES checkpoint,
  revision_id   bigint NOT NULL REFERENCES domain_set_revision,
  protocol_id   bigint NOT NULL REFERENCES protocol,
  aggregation   text CHECK (aggregation IN ('token-weighted', 'document-weighted')),  -- null: with documents
  reason        text NOT NULL CHECK (reason IN ('added', 'scheduled', 'manual', 'imported')),
  evaluator     text NOT NULL,
  environment   jsonb NOT NULL DEFAULT '{}',
  evaluated_at  timestamptz NOT NULL,
  recorded_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  supersedes    uuid REFERENCES evaluation_run,
  status        smallint[] NOT NULL,                  -- 0 not evaluated, 1 measured, 2 failed (see run_failure)
  nll           float8[] NOT NULL,                    -- sum, or mean for a summary; 0 where not measured
  tokens        bigint[] NOT NULL,                    -- 0 where unknown
  bytes         bigint[] NOT NULL,
  words         bigint[] NOT NULL,
  histogram     bigint[] NOT NULL DEFAULT '{}',       -- 19 counts per domain, or empty
  CHECK (cardinality(nll) = cardinality(status)), CHECK (cardinality(tokens) = cardinality(status)),
  CHECK (cardinality(bytes) = cardinality(status)), CHECK (cardinality(words) = cardinality(status)),
  CHECK (cardinality(histogram) IN (0, 19 * cardinality(status))),
  CHECK ('NaN' <> ALL (nll)), CHECK (0 <= ALL (nll))
);
CREATE INDEX evaluation_run_superseded ON evaluation_run (supersedes) WHERE supersedes IS NOT NULL;
CREATE INDEX evaluation_run_of_checkpoint ON evaluation_run (checkpoint_id, revision_id, protocol_id, evaluated_at DESC);

-- The documents' values of a run, domain after domain in the frozen order: scored[i] documents of domain i.
CREATE TABLE run_documents (
  run_id uuid PRIMARY KEY REFERENCES evaluation_run,
  scored int[] NOT NULL,
  nll    float8[] NOT NULL,
  tokens int[] NOT NULL,
  bytes  int[] NOT NULL,
  words  int[] NOT NULL,
  CHECK (cardinality(tokens) = cardinality(nll)), CHECK (cardinality(bytes) = cardinality(nll)), CHECK (cardinality(words) = cardinality(nll)),
  CHECK ('NaN' <> ALL (nll)), CHECK (0 <= ALL (nll)), CHECK (1 <= ALL (tokens))
);

CREATE TABLE run_failure (
  run_id uuid NOT NULL REFERENCES evaluation_run,
  domain int NOT NULL,
  reason text NOT NULL CHECK (reason <> ''),
  PRIMARY KEY (run_id, domain)
);

-- A recorded run stays as it is: a correction is a new run that supersedes it.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a recorded run is immutable: record a new run that supersedes it' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER evaluation_run_immutable BEFORE UPDATE OR DELETE ON evaluation_run FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER run_documents_immutable BEFORE UPDATE OR DELETE ON run_documents FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER run_failure_immutable BEFORE UPDATE OR DELETE ON run_failure FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- For people who write SQL: one row per run and domain. perplexity is token-weighted for runs with documents.
CREATE VIEW measurement AS
SELECT r.id AS run_id, l.name AS lineage, c.name AS checkpoint, c.step, s.name AS domain_set, v.number AS revision, d.name AS domain,
       CASE r.status[d.position + 1] WHEN 1 THEN 'measured' WHEN 2 THEN 'failed' ELSE 'not evaluated' END AS status,
       f.reason AS failure,
       CASE WHEN r.status[d.position + 1] = 1 THEN r.nll[d.position + 1] END AS nll,
       nullif(r.tokens[d.position + 1], 0) AS tokens, nullif(r.bytes[d.position + 1], 0) AS bytes, nullif(r.words[d.position + 1], 0) AS words,
       CASE WHEN r.status[d.position + 1] <> 1 THEN NULL
            WHEN m.mean = 'Infinity' OR m.mean > 700 THEN 'Infinity' ELSE exp(m.mean) END AS perplexity,
       r.aggregation, r.reason, r.evaluated_at, r.recorded_at
  FROM evaluation_run r
  JOIN checkpoint c ON c.id = r.checkpoint_id
  JOIN lineage l ON l.id = c.lineage_id
  JOIN domain_set_revision v ON v.id = r.revision_id
  JOIN domain_set s ON s.id = v.domain_set_id
  JOIN domain d ON d.revision_id = r.revision_id
  CROSS JOIN LATERAL (SELECT CASE WHEN r.aggregation IS NULL THEN r.nll[d.position + 1] / nullif(r.tokens[d.position + 1], 0)
                                  ELSE r.nll[d.position + 1] END AS mean) m
  LEFT JOIN run_failure f ON f.run_id = r.id AND f.domain = d.position;
