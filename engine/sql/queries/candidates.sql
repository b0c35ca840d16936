-- candidates: every allowed (request, volunteer, start) with its value in points, part by part.
-- Grain:  request_id, volunteer_id, starts_at.
-- Needs:  starts, open_requests, volunteers, visits_at, facts.request_submitted, relations_at.
-- Params: $as_of (UTC), $until_entry, $waiting_days_max,
--         $served, $urgency_step, $waiting_day, $distance_km, $continuity, $preference (points).
with

known as (

    select distinct
        resident_id,
        volunteer_id
    from visits_at($as_of, $until_entry)
    where status = 'completed'

),

-- Who comes to one visit of a series is known to the next, though the first has not taken place.
known_of_series as (

    select distinct
        requests.series_id,
        visits.volunteer_id
    from visits_at($as_of, $until_entry) as visits
    inner join facts.request_submitted as requests
        on visits.request_id = requests.request_id
    where requests.series_id is not null and visits.status in ('agreed', 'completed')

),

preferred as (

    select
        resident_id,
        volunteer_id
    from relations_at($as_of, $until_entry)
    where kind = 'preferred'

),

parts as (

    select
        starts.request_id,
        starts.volunteer_id,
        starts.starts_at,
        starts.ends_at,
        starts.travel_minutes,
        starts.travel_minutes + open_requests.minutes as minutes,
        round(starts.distance_km, 3) as distance_km,
        round($served, 2) as value_served,
        round($urgency_step * (open_requests.urgency - 1), 2) as value_urgency,
        round($waiting_day * least(
            $waiting_days_max,
            floor(greatest(0, epoch($as_of::timestamp) - epoch(open_requests.requested_at)) / 86400)
        ), 2) as value_waiting,
        round(-$distance_km * starts.distance_km, 2) as value_distance,
        if(
            known.volunteer_id is null and known_of_series.volunteer_id is null, 0.0, round($continuity, 2)
        ) as value_continuity,
        if(preferred.volunteer_id is null, 0.0, round($preference, 2)) as value_preference,
        date_trunc('week', starts.starts_at)::date as week,
        open_requests.municipality_code,
        volunteers.municipality_code as volunteer_municipality_code,
        open_requests.lat,
        open_requests.lon
    from starts
    inner join open_requests on starts.request_id = open_requests.request_id
    inner join volunteers
        on starts.volunteer_id = volunteers.volunteer_id
    left join known
        on open_requests.resident_id = known.resident_id and starts.volunteer_id = known.volunteer_id
    left join known_of_series
        on
            open_requests.series_id = known_of_series.series_id
            and starts.volunteer_id = known_of_series.volunteer_id
    left join preferred
        on open_requests.resident_id = preferred.resident_id and starts.volunteer_id = preferred.volunteer_id

)

select
    *,
    round(
        value_served + value_urgency + value_waiting + value_distance + value_continuity + value_preference, 2
    ) as value
from parts
order by request_id, volunteer_id, starts_at
