-- run_results: what a run wrote of each request: its proposals, and the rule where volunteers are missing.
-- Grain:  request_id, volunteer_id (null for the row that carries the rule).
-- Needs:  facts.proposal_made, facts.request_unmatched.
-- Params: $run_id.
select
    request_id,
    volunteer_id,
    starts_at,
    ends_at,
    travel_minutes,
    minutes,
    distance_km,
    value,
    value_served,
    value_urgency,
    value_waiting,
    value_distance,
    value_continuity,
    value_preference,
    null as rule
from facts.proposal_made
where run_id = $run_id
union all by name
select
    request_id,
    reason_code as rule
from facts.request_unmatched
where run_id = $run_id
order by request_id, volunteer_id
