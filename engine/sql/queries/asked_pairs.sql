-- asked_pairs: who could serve which request if some would go farther or another language were accepted.
-- Grain:  request_id, volunteer_id.
-- Needs:  open_requests, volunteers, barred_pairs_at, asked_often_at.
-- Params: $as_of (UTC), $until_entry, $radius_max_km, $km_beyond_max, $offers_per_week_max, $request_ids (the asked).
with

offers as (

    select
        volunteer_id,
        languages,
        lat,
        lon,
        radius_km,
        unnest(services) as service
    from volunteers
    where not protected_identity

),

measured as (

    select
        open_requests.request_id,
        offers.volunteer_id,
        offers.radius_km,
        speaks(offers.languages, open_requests.languages) as speaks_it,
        great_circle_km(offers.lat, offers.lon, open_requests.lat, open_requests.lon) as distance_km
    from open_requests
    inner join offers on open_requests.service = offers.service
    where
        not open_requests.protected_identity
        -- A degree of latitude is never shorter than 110 km.
        and abs(offers.lat - open_requests.lat) * 110.0 <= $radius_max_km
        and (
            list_contains($request_ids, open_requests.request_id)
            or speaks(offers.languages, open_requests.languages)
        )

)

select
    measured.request_id,
    measured.volunteer_id,
    measured.distance_km,
    measured.radius_km,
    measured.speaks_it,
    greatest(0.0, measured.distance_km - measured.radius_km) as km_beyond
from measured
anti join barred_pairs_at($as_of, $until_entry) as barred
    on measured.request_id = barred.request_id and measured.volunteer_id = barred.volunteer_id
anti join asked_often_at($as_of, $until_entry, $offers_per_week_max) as often
    on measured.volunteer_id = often.volunteer_id
where
    measured.distance_km <= $radius_max_km
    and measured.distance_km - measured.radius_km <= $km_beyond_max
order by measured.request_id, measured.volunteer_id
