-- unmatched: requests that a run left without all their volunteers, and the rule that says why.
-- Grain:  run_id, request_id.
-- Needs:  facts.request_unmatched.
-- Params: $as_of (UTC).
select
    run_id,
    request_id,
    reason_code
from facts.request_unmatched
where occurred_at <= $as_of
order by run_id, request_id
