-- ratings: what one side thought of the visits.
-- Measure:     mean rating from 1 (bad) to 5 (good).
-- Denominator: completed visits of the period that this side has rated.
-- Unit:        points from 1 to 5.
-- Grain:  visit_id.
-- Needs:  measured_visits, feedback_at, measured_requests.
-- Params: $as_of (UTC), $local_from, $local_to, $until_entry; $side.
select
    asked.resident_id as person_id,
    asked.municipality_code,
    asked.service,
    asked.age_band,
    asked.language,
    visits.starts_at as counted_at,
    feedback.rating::double as amount,
    1.0::double as base
from measured_visits as visits
inner join feedback_at($as_of, $until_entry) as feedback
    on visits.visit_id = feedback.visit_id and feedback.side = $side
inner join measured_requests as asked
    on visits.request_id = asked.request_id
where
    visits.status = 'completed'
    and visits.starts_at >= $local_from::timestamp
    and visits.starts_at < $local_to::timestamp
order by visits.visit_id
