-- person_cards: what a coordinator sees at a glance of residents, apart from their names.
-- Grain:  resident_id.
-- Needs:  residents_at, volunteers_at, requests_at.
-- Params: $as_of (UTC), $until_entry, $resident_ids.
with

requests as (

    select
        resident_id,
        count(*) as n_requests,
        count(*) filter (where status in ('submitted', 'planned', 'offered', 'agreed')) as n_open
    from requests_at($as_of, $until_entry)
    where list_contains($resident_ids::varchar[], resident_id)
    group by resident_id

)

select
    residents.resident_id,
    residents.municipality_code,
    residents.birth_year,
    residents.languages,
    residents.protected_identity,
    volunteers.volunteer_id,
    volunteers.left_at as volunteer_left_at,
    coalesce(requests.n_requests, 0) as n_requests,
    coalesce(requests.n_open, 0) as n_open
from residents_at($as_of, $until_entry) as residents
left join volunteers_at($as_of, $until_entry) as volunteers
    on residents.resident_id = volunteers.resident_id
left join requests on residents.resident_id = requests.resident_id
where list_contains($resident_ids::varchar[], residents.resident_id)
order by residents.resident_id
