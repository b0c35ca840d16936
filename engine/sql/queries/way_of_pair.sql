-- way_of_pair: how long a volunteer's way to a resident takes; null when either has no place in the facts.
-- Grain:  one row.
-- Needs:  requests_at, volunteers_at.
-- Params: $as_of (UTC), $until_entry, $request_id, $volunteer_id, $travel_speed_km_per_h, $travel_fixed_minutes.
select
    way_minutes(
        great_circle_km(volunteers.lat, volunteers.lon, requests.lat, requests.lon),
        $travel_speed_km_per_h, $travel_fixed_minutes
    ) as way_minutes
from requests_at($as_of, $until_entry) as requests
cross join volunteers_at($as_of, $until_entry) as volunteers
where requests.request_id = $request_id and volunteers.volunteer_id = $volunteer_id
