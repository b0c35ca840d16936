-- runs: match runs and what was proved of them.
-- Grain:  run_id.
-- Needs:  runs_at.
-- Params: $as_of (UTC).
select
    run_id,
    date_trunc('hour', as_of) as as_of,
    fingerprint,
    model,
    n_requests,
    n_volunteers,
    n_candidates,
    n_matched,
    objective,
    bound,
    gap,
    proof,
    candidates_s,
    solve_s,
    check_s
from runs_at($as_of)
order by run_id
