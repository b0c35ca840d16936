-- let_down: visits somebody counted on, and whether one side missed them, or cancelled them late.
-- Measure:     visits missed, or cancelled later than the policy asks for, by that side, as a share.
-- Denominator: visits of the period that were completed, missed or cancelled late; not those cancelled in good time.
-- Unit:        share of visits.
-- Grain:  visit_id.
-- Needs:  measured_visits, measured_requests.
-- Params: $local_from, $local_to; $how, missed or cancelled; $side.
select
    asked.resident_id as person_id,
    asked.municipality_code,
    asked.service,
    asked.age_band,
    asked.language,
    visits.starts_at as counted_at,
    coalesce(visits.status = $how and visits.side = $side, false)::double as amount,
    1.0::double as base
from measured_visits as visits
inner join measured_requests as asked
    on visits.request_id = asked.request_id
where
    (visits.status in ('completed', 'missed') or (visits.status = 'cancelled' and visits.is_late))
    and visits.starts_at >= $local_from::timestamp
    and visits.starts_at < $local_to::timestamp
order by visits.visit_id
