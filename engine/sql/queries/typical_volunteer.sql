-- typical_volunteer: the middle of what the volunteers offer; null for a limit that most leave open.
-- Grain:  one row; every column is null when there are no volunteers.
-- Needs:  volunteers_at.
-- Params: $as_of (UTC), $until_entry.
with

offers as (

    select
        radius_km,
        coalesce(visits_per_week, 9223372036854775807) as visits_per_week,
        coalesce(minutes_per_week, 9223372036854775807) as minutes_per_week
    from volunteers_at($as_of, $until_entry)

)

select
    quantile_disc(radius_km, 0.5) as radius_km,
    nullif(quantile_disc(visits_per_week, 0.5), 9223372036854775807)::double as visits_per_week,
    nullif(quantile_disc(minutes_per_week, 0.5), 9223372036854775807)::double as minutes_per_week
from offers
