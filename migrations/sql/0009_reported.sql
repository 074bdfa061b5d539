-- Tables without documents can be observed to diverge, which is never tested: a status of its own.
ALTER TABLE comparison DROP CONSTRAINT comparison_status_check;
ALTER TABLE comparison ADD CONSTRAINT comparison_status_check CHECK (
  status IN ('diverged', 'observed_diverged', 'regressed', 'improved', 'unchanged', 'undecided', 'not_comparable', 'not_evaluated'));
