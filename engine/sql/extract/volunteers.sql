-- volunteers: what volunteers offer.
-- Grain:  volunteer_id.
-- Needs:  volunteers_at.
-- Params: $as_of (UTC).
select
    volunteer_id,
    resident_id,
    array_to_string(list_sort(services), ';') as services,
    round(radius_km)::bigint as radius_km,
    visits_per_week,
    minutes_per_week,
    date_trunc('month', joined_at)::date as joined_month,
    date_trunc('month', left_at)::date as left_month
from volunteers_at($as_of)
order by volunteer_id
