-- offers: who was asked when, and what became of it.
-- Grain:  offer_id.
-- Needs:  offers_at.
-- Params: $as_of (UTC).
select
    offer_id,
    request_id,
    volunteer_id,
    run_id,
    date_trunc('hour', sent_at) as sent_at,
    date_trunc('hour', expires_at) as expires_at,
    date_trunc('hour', starts_at) as starts_at,
    round(distance_km)::bigint as distance_km,
    status
from offers_at($as_of)
order by offer_id
