-- typical_places: one inhabited place per municipality, the home nearest to the middle of its residents.
-- Grain:  municipality_code.
-- Needs:  residents_at.
-- Params: $as_of (UTC), $until_entry.
with

homes as (

    select
        municipality_code,
        lat,
        lon
    from residents_at($as_of, $until_entry)
    where lat is not null and lon is not null and not protected_identity

),

middles as (

    select
        municipality_code,
        median(lat) as lat,
        median(lon) as lon
    from homes
    group by municipality_code

),

ranked as (

    select
        homes.*,
        row_number() over (
            partition by homes.municipality_code
            order by
                great_circle_km(homes.lat, homes.lon, middles.lat, middles.lon),
                homes.lat,
                homes.lon
        ) as nth_nearest
    from homes
    inner join middles on homes.municipality_code = middles.municipality_code

)

select
    municipality_code,
    lat,
    lon
from ranked
where nth_nearest = 1
order by municipality_code
