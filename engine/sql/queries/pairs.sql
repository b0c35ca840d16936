-- pairs: who could serve which request, whatever the day: service, language, distance, nothing between them.
-- Volunteers are laid out over the grid cells their radius touches, so that no far pair is ever formed.
-- Grain:  request_id, volunteer_id.
-- Needs:  open_requests, run_requests, volunteers, barred_pairs_at, asked_often_at.
-- Params: $as_of (UTC), $until_entry, $radius_max_km, $offers_per_week_max.
with

servable as (

    select open_requests.*
    from open_requests
    inner join run_requests on open_requests.request_id = run_requests.request_id
    where run_requests.rule is null

),

offers as (

    select
        volunteer_id,
        languages,
        lat,
        lon,
        unnest(services) as service,
        least(radius_km, $radius_max_km) as radius_km
    from volunteers
    where not protected_identity

),

-- A cell is 0.12 by 0.24 degrees: 13 by about 15 km. Smaller ones lay every volunteer out many times. The reach in degrees is a little too wide, never too narrow.
reach as (

    select
        *,
        radius_km / 110.0 as reach_lat,
        radius_km / (110.0 * cos(radians(least(89.0, abs(lat) + radius_km / 110.0)))) as reach_lon
    from offers

),

rows_of_cells as (

    select
        *,
        unnest(generate_series(
            floor((lat - reach_lat) / 0.12)::bigint, floor((lat + reach_lat) / 0.12)::bigint
        )) as cell_lat
    from reach

),

cells as (

    select
        *,
        unnest(generate_series(
            floor((lon - reach_lon) / 0.24)::bigint, floor((lon + reach_lon) / 0.24)::bigint
        )) as cell_lon
    from rows_of_cells

),

near as (

    select
        servable.request_id,
        cells.volunteer_id,
        cells.radius_km,
        great_circle_km(cells.lat, cells.lon, servable.lat, servable.lon) as distance_km
    from servable
    inner join cells
        on
            servable.service = cells.service
            and floor(servable.lat / 0.12)::bigint = cells.cell_lat
            and floor(servable.lon / 0.24)::bigint = cells.cell_lon
    where speaks(cells.languages, servable.languages)

)

select
    near.request_id,
    near.volunteer_id,
    near.distance_km
from near
anti join barred_pairs_at($as_of, $until_entry) as barred
    on near.request_id = barred.request_id and near.volunteer_id = barred.volunteer_id
anti join asked_often_at($as_of, $until_entry, $offers_per_week_max) as often
    on near.volunteer_id = often.volunteer_id
where near.distance_km <= near.radius_km
order by near.request_id, near.volunteer_id
