-- overrides: how often coordinators decided otherwise than the runs proposed.
-- Measure:     pins, forbids, volunteers added by hand and proposals rejected, for every 100 proposals.
-- Denominator: proposals for requests asked for in the period: volunteers a run proposed for a request, each counted
--              once for it.
-- Unit:        overrides per 100 proposals.
-- Grain:  request_id.
-- Needs:  measured_requests, facts.proposal_made, facts.proposal_decided, facts.override_stated.
-- Params: $as_of, $from_at, $to_at (UTC), $until_entry.
with

proposed as (

    select
        request_id,
        count(distinct volunteer_id) as n_proposed
    from facts.proposal_made
    where occurred_at <= $as_of and entry_no <= $until_entry
    group by request_id

),

decisions as (

    select request_id
    from facts.override_stated
    where kind in ('pin', 'forbid', 'by_hand') and occurred_at <= $as_of and entry_no <= $until_entry
    union all
    select request_id
    from facts.proposal_decided
    where decision = 'rejected' and occurred_at <= $as_of and entry_no <= $until_entry

),

overridden as (

    select
        request_id,
        count(*) as n_overrides
    from decisions
    group by request_id

)

select
    asked.resident_id as person_id,
    asked.municipality_code,
    asked.service,
    asked.age_band,
    asked.language,
    asked.asked_at as counted_at,
    coalesce(overridden.n_overrides, 0)::double as amount,
    coalesce(proposed.n_proposed, 0)::double as base
from measured_requests as asked
left join proposed on asked.request_id = proposed.request_id
left join overridden on asked.request_id = overridden.request_id
where
    asked.requested_at >= $from_at
    and asked.requested_at < $to_at
    and (proposed.n_proposed > 0 or overridden.n_overrides > 0)
order by asked.request_id
