-- agreed_starts: the agreed visits themselves as starts, so that candidates.sql values them too.
-- A visit stands under its stand-in request, with the volunteer who is to come.
-- Grain:  request_id, volunteer_id, starts_at.
-- Needs:  free_starts, visits_at, open_requests (stand-ins), volunteers.
-- Params: $as_of (UTC), $until_entry, $prefix (of a stand-in's id), $travel_speed_km_per_h, $travel_fixed_minutes.
with

agreed as (

    select
        open_requests.request_id,
        visits.volunteer_id,
        great_circle_km(volunteers.lat, volunteers.lon, open_requests.lat, open_requests.lon) as distance_km,
        visits.starts_at,
        visits.ends_at
    from visits_at($as_of, $until_entry) as visits
    inner join open_requests on open_requests.request_id = $prefix || visits.visit_id
    inner join volunteers on visits.volunteer_id = volunteers.volunteer_id
    where visits.status = 'agreed'

)

select
    request_id,
    volunteer_id,
    distance_km,
    starts_at,
    ends_at,
    travel_minutes
from free_starts
union all by name
select
    *,
    way_minutes(distance_km, $travel_speed_km_per_h, $travel_fixed_minutes) as travel_minutes
from agreed
order by request_id, volunteer_id, starts_at
