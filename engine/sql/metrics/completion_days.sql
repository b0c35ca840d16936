-- completion_days: how long requests waited until the last visit they needed was completed.
-- Measure:     days from asking to the end of that visit; amount 1 when there was one. days is null for a request that
--              ended without, which is never; one still open, or agreed without an outcome, has waited until now.
-- Denominator: eligible requests asked for in the period.
-- Unit:        days.
-- Grain:  request_id.
-- Needs:  measured_requests, measured_visits.
-- Params: $from_at, $to_at (UTC), $local_now.
with

visits as (

    select
        request_id,
        count(*) filter (where status = 'completed') as n_completed,
        bool_or(status = 'agreed') as is_open,
        max(ends_at) filter (where status = 'completed') as last_at
    from measured_visits
    group by request_id

),

asked as (

    select
        asked_requests.*,
        coalesce(visits.is_open, false) as is_open,
        if(visits.n_completed >= asked_requests.volunteers_needed, visits.last_at, null) as done_at
    from measured_requests as asked_requests
    left join visits on asked_requests.request_id = visits.request_id
    where
        asked_requests.is_eligible
        and asked_requests.requested_at >= $from_at
        and asked_requests.requested_at < $to_at

)

select
    resident_id as person_id,
    municipality_code,
    service,
    age_band,
    language,
    asked_at as counted_at,
    (done_at is not null)::double as amount,
    1.0::double as base,
    case
        when done_at is not null or is_open or not has_ended
            then greatest(0, epoch(coalesce(done_at, $local_now::timestamp) - asked_at) / 86400)
    end as days
from asked
order by request_id
