-- Who may do what over HTTP, and who did what. Of a token only the digest of its secret is kept: what is in a backup lets nobody in.

CREATE TABLE token (
  id             text PRIMARY KEY CHECK (id ~ '^[0-9a-z]{8}$'),
  digest         bytea NOT NULL CHECK (length(digest) = 32),           -- SHA-256 of the secret; 32 random bytes need no slow hash
  name           text NOT NULL CHECK (length(name) BETWEEN 1 AND 128), -- who holds it; several tokens may have one name, while it is replaced
  role           text NOT NULL CHECK (role IN ('reader', 'submitter', 'worker', 'admin')),
  created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at     timestamptz CHECK (expires_at > created_at),
  last_used_hour timestamptz,                                          -- the beginning of the hour, so that it is written once in it
  revoked_at     timestamptz,
  issued_by      text REFERENCES token,                                -- of an attempt's token: with which token the job was claimed; null over the Unix socket
  job_id         bigint,                                               -- of an attempt's token: it is good for this attempt, until that has ended
  fence          bigint,
  FOREIGN KEY (job_id, fence) REFERENCES attempt,
  CHECK ((job_id IS NULL) = (fence IS NULL)),
  CHECK (job_id IS NULL OR (role = 'worker' AND expires_at IS NULL)),
  CHECK (issued_by IS NULL OR job_id IS NOT NULL)
);
CREATE UNIQUE INDEX token_of_attempt ON token (job_id, fence) WHERE job_id IS NOT NULL;
CREATE INDEX token_of_people ON token (created_at) WHERE job_id IS NULL;

-- What somebody decided or changed, written in the transaction of the change.
CREATE TABLE audit (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor      text NOT NULL,                            -- a token's name, `local user` over the Unix socket, or trackd itself
  token_id   text,
  action     text NOT NULL CHECK (action ~ '^[a-z-]+\.[a-z-]+$'),
  object     text NOT NULL,
  detail     jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(detail) = 'object'),
  request_id text                                      -- as in the daemon's log
);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit trail is only ever added to' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_immutable BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_kept BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
