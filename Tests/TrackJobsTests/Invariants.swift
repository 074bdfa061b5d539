import Postgres
import Testing

/// What must hold at any time, whatever happened: each query counts the rows that break it.
private let invariants: [(name: String, query: SQL)] = [
    (
        "at most one open attempt per job",
        "SELECT count(*) FROM (SELECT job_id FROM attempt WHERE ended_at IS NULL GROUP BY job_id HAVING count(*) > 1) x"
    ),
    (
        "a job succeeded if and only if it has a result",
        "SELECT count(*) FROM job j WHERE (state = 'succeeded') <> EXISTS (SELECT FROM job_result r WHERE r.job_id = j.id)"
    ),
    (
        "a result's attempt succeeded",
        "SELECT count(*) FROM job_result r JOIN attempt a USING (job_id, fence) WHERE a.outcome IS DISTINCT FROM 'succeeded'"
    ),
    (
        "an attempt that succeeded has the result",
        "SELECT count(*) FROM attempt a LEFT JOIN job_result r USING (job_id, fence) WHERE a.outcome = 'succeeded' AND r.run_id IS NULL"
    ),
    (
        "fences are 1 to n without gaps",
        """
        SELECT count(*) FROM job j
        LEFT JOIN (SELECT job_id, count(*) AS n, max(fence) AS top FROM attempt GROUP BY job_id) a ON a.job_id = j.id
        WHERE coalesce(a.n, 0) <> j.fence OR coalesce(a.top, 0) <> j.fence
        """
    ),
    (
        "a job runs if and only if it has an open attempt, its newest",
        """
        SELECT count(*) FROM job j
        WHERE (state = 'running') <> EXISTS (SELECT FROM attempt a WHERE a.job_id = j.id AND a.fence = j.fence AND a.ended_at IS NULL)
        """
    ),
    (
        "budgets are kept",
        "SELECT count(*) FROM job WHERE attempts > max_attempts OR losses > max_losses"
    ),
    (
        "a fired slot has a job for every watched checkpoint with weights, any other slot has none",
        """
        SELECT count(*) FROM occurrence o
        WHERE (SELECT count(DISTINCT j.checkpoint_id) FROM job j WHERE j.schedule_id = o.schedule_id AND j.slot = o.slot) <>
          CASE WHEN o.outcome <> 'fired' THEN 0 ELSE (
            SELECT count(*) FROM checkpoint c WHERE c.uri NOT LIKE 'reported:%' AND (
              NOT EXISTS (SELECT FROM schedule_lineage w WHERE w.schedule_id = o.schedule_id)
              OR c.lineage_id IN (SELECT w.lineage_id FROM schedule_lineage w WHERE w.schedule_id = o.schedule_id))) END
        """
    ),
    (
        "every slot up to the next one of a schedule has its row",
        """
        SELECT count(*) FROM schedule s CROSS JOIN LATERAL (
          SELECT min(slot) AS first FROM occurrence o WHERE o.schedule_id = s.id) f
        CROSS JOIN LATERAL generate_series(0, 2000) i
        WHERE f.first + i * 7 < s.next_slot AND extract(isodow FROM f.first) = s.iso_weekday
          AND NOT EXISTS (SELECT FROM occurrence o WHERE o.schedule_id = s.id AND o.slot = f.first + i * 7)
        """
    ),
]

extension Workshop {
    func expectInvariants() async throws {
        for (name, query) in invariants {
            let broken = try await count(query)
            #expect(broken == 0, "\(name)")
        }
    }
}
