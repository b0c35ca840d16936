-- pair_rules: every volunteer against the asked requests, with the first rule that keeps them apart, day aside.
-- Says of each pair what pairs.sql only leaves out; made for few requests, since it forms every pair.
-- Grain:  request_id, volunteer_id; rule is null for a pair of pairs.sql.
-- Needs:  open_requests, volunteers, barred_pairs_at, asked_often_at.
-- Params: $as_of (UTC), $until_entry, $radius_max_km, $offers_per_week_max, $request_ids (the asked).
with

pairs as (

    select
        open_requests.request_id,
        volunteers.volunteer_id,
        volunteers.protected_identity or open_requests.protected_identity as is_by_hand,
        list_contains(volunteers.services, open_requests.service) as offers,
        speaks(volunteers.languages, open_requests.languages) as speaks_it,
        least(volunteers.radius_km, $radius_max_km) as radius_km,
        great_circle_km(volunteers.lat, volunteers.lon, open_requests.lat, open_requests.lon) as distance_km
    from open_requests
    cross join volunteers
    where list_contains($request_ids, open_requests.request_id)

)

select
    pairs.request_id,
    pairs.volunteer_id,
    pairs.distance_km,
    case
        when pairs.is_by_hand then 'protected_identity'
        when not pairs.offers then 'service_not_offered'
        when not pairs.speaks_it then 'language_missing'
        when pairs.distance_km > pairs.radius_km then 'too_far'
        when barred.rule is not null then barred.rule
        when often.volunteer_id is not null then 'asked_enough'
    end as rule
from pairs
left join barred_pairs_at($as_of, $until_entry) as barred
    on pairs.request_id = barred.request_id and pairs.volunteer_id = barred.volunteer_id
left join asked_often_at($as_of, $until_entry, $offers_per_week_max) as often
    on pairs.volunteer_id = often.volunteer_id
order by pairs.request_id, pairs.volunteer_id
