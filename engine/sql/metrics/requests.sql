-- requests: what was asked for.
-- Measure:     eligible requests asked for.
-- Denominator: none, a count.
-- Unit:        requests.
-- Grain:  request_id.
-- Needs:  measured_requests.
-- Params: $from_at, $to_at (UTC).
select
    resident_id as person_id,
    municipality_code,
    service,
    age_band,
    language,
    asked_at as counted_at,
    1.0::double as amount,
    1.0::double as base
from measured_requests
where is_eligible and requested_at >= $from_at and requested_at < $to_at
order by request_id
