-- distinct_starts: the starts of asked_starts, each once, as candidates.sql takes them.
-- Grain:  request_id, volunteer_id, starts_at.
-- Needs:  asked_starts.
select distinct
    request_id,
    volunteer_id,
    distance_km,
    starts_at,
    ends_at,
    travel_minutes
from asked_starts
order by request_id, volunteer_id, starts_at
