-- continuity: completed visits to residents who had one before, and whether a volunteer came again.
-- Measure:     visits made by a volunteer who had completed an earlier visit to the same resident, as a share.
-- Denominator: completed visits of the period to residents with an earlier completed visit.
-- Unit:        share of visits.
-- Grain:  visit_id.
-- Needs:  measured_visits, measured_requests.
-- Params: $local_from, $local_to.
with

completed as (

    select
        visits.visit_id,
        visits.starts_at,
        asked.resident_id,
        asked.municipality_code,
        asked.service,
        asked.age_band,
        asked.language,
        row_number() over (
            partition by asked.resident_id
            order by visits.starts_at, visits.visit_id
        ) as nth_of_resident,
        row_number() over (
            partition by asked.resident_id, visits.volunteer_id
            order by visits.starts_at, visits.visit_id
        ) as nth_of_pair
    from measured_visits as visits
    inner join measured_requests as asked
        on visits.request_id = asked.request_id
    where visits.status = 'completed'

)

select
    resident_id as person_id,
    municipality_code,
    service,
    age_band,
    language,
    starts_at as counted_at,
    (nth_of_pair > 1)::double as amount,
    1.0::double as base
from completed
where
    nth_of_resident > 1
    and starts_at >= $local_from::timestamp
    and starts_at < $local_to::timestamp
order by visit_id
