-- person_cards: what a coordinator sees at a glance of residents, apart from their names and requests.
-- Looks up the few; volunteers_at works out everybody.
-- Grain:  resident_id.
-- Needs:  residents_of, facts.volunteer_registered.
-- Params: $as_of (UTC), $until_entry, $resident_ids varchar[].
with

volunteers as (

    select
        resident_id,
        arg_max(volunteer_id, (occurred_at, entry_no, rowid)) as volunteer_id
    from facts.volunteer_registered
    where
        list_contains($resident_ids::varchar[], resident_id)
        and occurred_at <= $as_of
        and entry_no <= $until_entry
    group by resident_id

)

select
    residents.*,
    volunteers.volunteer_id
from residents_of($as_of, $resident_ids::varchar[], until_entry := $until_entry) as residents
left join volunteers on residents.resident_id = volunteers.resident_id
order by residents.resident_id
