-- coverage: requests that may be asked for, and whether all their visits were completed.
-- Measure:     eligible requests all of whose volunteers came, as a share.
-- Denominator: eligible requests asked for in the period whose window has closed, withdrawn ones too.
-- Unit:        share of requests.
-- Grain:  request_id.
-- Needs:  measured_requests, measured_visits.
-- Params: $from_at, $to_at (UTC), $local_now; $within_window, count visits in the window only.
with

completed as (

    select
        visits.request_id,
        count(*) as n_completed
    from measured_visits as visits
    inner join measured_requests as asked
        on visits.request_id = asked.request_id
    where
        visits.status = 'completed'
        and (
            not $within_window::boolean
            or (visits.starts_at >= asked.earliest_at and visits.ends_at <= asked.latest_at)
        )
    group by visits.request_id

)

select
    asked.resident_id as person_id,
    asked.municipality_code,
    asked.service,
    asked.age_band,
    asked.language,
    asked.asked_at as counted_at,
    (coalesce(completed.n_completed, 0) >= asked.volunteers_needed)::double as amount,
    1.0::double as base
from measured_requests as asked
left join completed on asked.request_id = completed.request_id
where
    asked.is_eligible
    and asked.latest_at <= $local_now::timestamp
    and asked.requested_at >= $from_at
    and asked.requested_at < $to_at
order by asked.request_id
