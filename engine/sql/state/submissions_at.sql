-- submissions_at: requests as they were last submitted, with their resident; how far they have come is in requests_at.
-- Grain:  request_id.
-- Needs:  facts.request_submitted, residents_at.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro submissions_at(as_of, until_entry := 9223372036854775807) as table
    with

    submitted as (

        select
            request_id,
            resident_id,
            service,
            minutes,
            earliest_at,
            latest_at,
            volunteers_needed,
            urgency,
            languages,
            series_id,
            occurred_at as requested_at
        from facts.request_submitted
        -- The newest of each; a semi-join costs half of what numbering the rows does.
        where rowid in (
            select arg_max(rowid, (occurred_at, entry_no, rowid))
            from facts.request_submitted
            where occurred_at <= as_of and entry_no <= until_entry
            group by request_id
        )

    )

    select
        submitted.*,
        residents.municipality_code,
        residents.lat,
        residents.lon,
        residents.birth_year,
        residents.languages as resident_languages,
        residents.protected_identity
    from submitted
    inner join residents_at(as_of, until_entry) as residents
        on submitted.resident_id = residents.resident_id;
