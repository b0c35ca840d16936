-- visits: visits that were completed, and how long they took.
-- Measure:     completed visits; amount is the hours spent, or those planned where nobody said how long it took.
-- Denominator: none, a count.
-- Unit:        visits and hours.
-- Grain:  visit_id.
-- Needs:  measured_visits, measured_requests.
-- Params: $local_from, $local_to; $in_hours, hours instead of visits.
select
    asked.resident_id as person_id,
    asked.municipality_code,
    asked.service,
    asked.age_band,
    asked.language,
    visits.starts_at as counted_at,
    case
        when $in_hours::boolean
            then coalesce(visits.minutes_spent, epoch(visits.ends_at - visits.starts_at) / 60) / 60
        else 1
    end::double as amount,
    1.0::double as base
from measured_visits as visits
inner join measured_requests as asked
    on visits.request_id = asked.request_id
where
    visits.status = 'completed'
    and visits.starts_at >= $local_from::timestamp
    and visits.starts_at < $local_to::timestamp
order by visits.visit_id
