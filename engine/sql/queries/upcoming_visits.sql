-- upcoming_visits: agreed visits that lie ahead, with the request each serves and who is ruled out for it.
-- A volunteer is ruled out whom anything said keeps apart from the request, or who comes to it already.
-- Grain:  visit_id.
-- Needs:  visits_at, requests_at, barred_pairs_at.
-- Params: $as_of (UTC), $until_entry, $local_now, $horizon_days.
with

lists as (

    select
        request_id,
        list(volunteer_id order by volunteer_id) as ruled_out
    from barred_pairs_at($as_of, $until_entry)
    group by request_id

)

select
    visits.visit_id,
    visits.request_id,
    visits.volunteer_id,
    visits.starts_at,
    visits.ends_at,
    visits.minutes as minutes_of_week,
    requests.resident_id,
    requests.service,
    requests.minutes,
    requests.earliest_at,
    requests.latest_at,
    requests.urgency,
    requests.languages,
    requests.requested_at,
    lists.ruled_out
from visits_at($as_of, $until_entry) as visits
inner join requests_at($as_of, $until_entry) as requests
    on visits.request_id = requests.request_id
inner join lists on visits.request_id = lists.request_id
where
    visits.status = 'agreed'
    and visits.starts_at >= $local_now::timestamp
    and visits.starts_at < $local_now::timestamp + to_days($horizon_days)
order by visits.starts_at, visits.visit_id
