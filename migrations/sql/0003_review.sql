-- What is said about runs, and to whom. Everything here can be computed again from the runs, but what was said is kept.

CREATE TABLE comparison (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id           uuid NOT NULL REFERENCES evaluation_run,
  reference_run_id uuid NOT NULL REFERENCES evaluation_run,
  reference        text NOT NULL CHECK (reference IN ('baseline', 'previous')),
  rules            jsonb NOT NULL,
  unit             text NOT NULL CHECK (unit IN ('perplexity', 'bits_per_byte')),
  not_comparable   text,                               -- the reason
  theta_in_domain  float8,                             -- macro means of ln ratio, nats
  theta_ood        float8,
  p_divergence     float8 CHECK (p_divergence BETWEEN 0 AND 1),
  diverged         boolean NOT NULL,
  status           text NOT NULL CHECK (status IN ('diverged', 'regressed', 'improved', 'unchanged', 'undecided', 'not_comparable', 'not_evaluated')),
  sentence         text NOT NULL,
  computed_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (run_id, reference_run_id, reference)
);

CREATE TABLE verdict (
  comparison_id bigint NOT NULL REFERENCES comparison,
  domain        text NOT NULL,
  in_domain     boolean NOT NULL,
  verdict       text NOT NULL CHECK (verdict IN ('improved', 'regressed', 'unchanged', 'undecided', 'not_comparable', 'not_evaluated',
                                                 'observed_improved', 'observed_regressed', 'observed_unchanged')),
  theta         float8,
  low           float8,
  high          float8,
  p             float8 CHECK (p BETWEEN 0 AND 1),
  adjusted_p    float8 CHECK (adjusted_p BETWEEN 0 AND 1),
  documents     int,
  reason        text,
  PRIMARY KEY (comparison_id, domain)
);

CREATE TABLE alert (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  fingerprint  bytea NOT NULL CHECK (length(fingerprint) = 32),   -- over rule and lineage, never a value
  rule         text NOT NULL CHECK (rule IN ('ood_regression')),
  lineage_id   bigint NOT NULL REFERENCES lineage,
  state        text NOT NULL CHECK (state IN ('firing', 'resolved')),
  opened_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  resolved_at  timestamptz,
  summary      text NOT NULL,
  checkpoint_id bigint NOT NULL REFERENCES checkpoint,
  run_id       uuid NOT NULL REFERENCES evaluation_run,
  reference_run_id uuid NOT NULL REFERENCES evaluation_run,
  CHECK ((state = 'resolved') = (resolved_at IS NOT NULL))
);
CREATE UNIQUE INDEX alert_one_firing ON alert (fingerprint) WHERE state <> 'resolved';

CREATE TABLE alert_event (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  alert_id bigint NOT NULL REFERENCES alert,
  at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind     text NOT NULL CHECK (kind IN ('opened', 'seen', 'resolved')),
  summary  text NOT NULL,
  run_id   uuid REFERENCES evaluation_run
);

-- The outbox: written in the transaction that changed the alert, delivered afterwards at least once.
CREATE TABLE notification (
  id            uuid PRIMARY KEY,                      -- the webhook-id: the same over all retries
  alert_id      bigint NOT NULL REFERENCES alert,
  sink          text NOT NULL,
  kind          text NOT NULL CHECK (kind IN ('alert.firing', 'alert.resolved')),
  body          text NOT NULL,                         -- as it is signed and sent
  state         text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
  attempts      int NOT NULL DEFAULT 0,
  fence         bigint NOT NULL DEFAULT 0,
  next_try_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  delivered_at  timestamptz,
  last_error    text,
  UNIQUE (alert_id, sink, kind),
  CHECK ((state = 'delivered') = (delivered_at IS NOT NULL))
);
CREATE INDEX notification_due ON notification (next_try_at) WHERE state = 'pending';

-- Lineages with runs that nobody judged yet: written with the run, taken by the reviewer.
CREATE TABLE review_due (
  lineage_id bigint PRIMARY KEY REFERENCES lineage,
  due_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  generation bigint NOT NULL DEFAULT 1
);

CREATE TABLE scorecard (
  lineage_id   bigint NOT NULL REFERENCES lineage,
  week         text NOT NULL CHECK (week ~ '^[0-9]{4}-W[0-9]{2}$'),
  status       text NOT NULL,
  sentence     text NOT NULL,
  digest       bytea NOT NULL CHECK (length(digest) = 32),  -- of the JSON twin
  html_path    text NOT NULL,
  json_path    text NOT NULL,
  published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (lineage_id, week)
);
