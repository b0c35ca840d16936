-- linked_matter: the offer, visit, request or series that a signed link is about, as far as its reader may know of it.
-- status is null for a request: how far it has come only requests_at knows. is_by_hand: a side has a protected identity.
-- Grain:  kind (ids of different kinds may agree).
-- Needs:  offers_at, visits_at, series_at, volunteers_at, residents_at, facts.request_submitted.
-- Params: $as_of timestamp (UTC), $about id.
with

requests as (

    select
        request_id,
        resident_id,
        service,
        earliest_at,
        latest_at
    from facts.request_submitted
    where occurred_at <= $as_of
    qualify row_number() over (partition by request_id order by occurred_at desc, entry_no desc, rowid desc) = 1

),

matters as (

    select
        'offer' as kind,
        request_id,
        volunteer_id,
        starts_at,
        ends_at,
        distance_km,
        expires_at,
        status,
        reason_code
    from offers_at($as_of)
    where offer_id = $about
    union all by name
    select
        'visit' as kind,
        request_id,
        volunteer_id,
        starts_at,
        ends_at,
        status,
        reason_code
    from visits_at($as_of)
    where visit_id = $about
    union all by name
    select
        'request' as kind,
        request_id,
        earliest_at as starts_at,
        latest_at as ends_at
    from requests
    where request_id = $about
    union all by name
    select
        'series' as kind,
        resident_id,
        service,
        earliest_at as starts_at,
        latest_at as ends_at,
        status,
        reason_code,
        every_days,
        n_times
    from series_at($as_of)
    where series_id = $about

)

select
    matters.kind,
    matters.starts_at,
    matters.ends_at,
    matters.distance_km,
    matters.expires_at,
    matters.status,
    matters.reason_code,
    matters.every_days,
    matters.n_times,
    residents.municipality_code,
    coalesce(requests.service, matters.service) as service,
    residents.protected_identity or coalesce(volunteers.protected_identity, false) as is_by_hand
from matters
left join requests on matters.request_id = requests.request_id
left join volunteers_at($as_of) as volunteers on matters.volunteer_id = volunteers.volunteer_id
inner join residents_at($as_of) as residents
    on coalesce(requests.resident_id, matters.resident_id) = residents.resident_id
order by matters.kind
