-- person_cards: what a coordinator sees at a glance of residents, apart from their names and requests.
-- Looks up the few; residents_at and volunteers_at work out everybody.
-- Grain:  resident_id.
-- Needs:  facts.resident_registered, facts.volunteer_registered.
-- Params: $as_of (UTC), $until_entry, $resident_ids varchar[].
with

residents as (

    select
        resident_id,
        municipality_code,
        birth_year,
        languages,
        protected_identity
    from facts.resident_registered
    where rowid in (
        select arg_max(rowid, (occurred_at, entry_no, rowid))
        from facts.resident_registered
        where
            list_contains($resident_ids::varchar[], resident_id)
            and occurred_at <= $as_of
            and entry_no <= $until_entry
        group by resident_id
    )

),

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
from residents
left join volunteers on residents.resident_id = volunteers.resident_id
order by residents.resident_id
