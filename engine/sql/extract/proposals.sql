-- proposals: what runs proposed, and what was decided. Parts of the value that tell the distance are left out.
-- Grain:  run_id, request_id, volunteer_id.
-- Needs:  facts.proposal_made, facts.proposal_decided.
-- Params: $as_of (UTC).
with

decided as (

    select
        run_id,
        request_id,
        volunteer_id,
        arg_max(decision, entry_no) as decision,
        arg_max(reason_code, entry_no) as reason_code
    from facts.proposal_decided
    where occurred_at <= $as_of
    group by run_id, request_id, volunteer_id

)

select
    made.run_id,
    made.request_id,
    made.volunteer_id,
    date_trunc('hour', made.starts_at) as starts_at,
    round(made.distance_km)::bigint as distance_km,
    made.value_served,
    made.value_urgency,
    made.value_waiting,
    made.value_continuity,
    made.value_preference,
    decided.decision,
    decided.reason_code
from facts.proposal_made as made
left join decided
    on
        made.run_id = decided.run_id
        and made.request_id = decided.request_id
        and made.volunteer_id = decided.volunteer_id
where made.occurred_at <= $as_of
order by made.run_id, made.request_id, made.volunteer_id
