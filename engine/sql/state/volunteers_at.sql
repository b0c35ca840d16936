-- volunteers_at: volunteers as last registered, with what is known of them as residents.
-- Grain:  volunteer_id.
-- Needs:  facts.volunteer_registered, residents_at.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro volunteers_at(as_of, until_entry := 9223372036854775807) as table
    with

    volunteers as (

        select
            volunteer_id,
            resident_id,
            services,
            radius_km,
            visits_per_week,
            minutes_per_week,
            joined_at
        from facts.volunteer_registered
        where occurred_at <= as_of and entry_no <= until_entry
        qualify row_number() over (
            partition by volunteer_id
            order by occurred_at desc, entry_no desc, rowid desc
        ) = 1

    )

    select
        volunteers.*,
        residents.municipality_code,
        residents.lat,
        residents.lon,
        residents.languages,
        residents.birth_year,
        residents.protected_identity
    from volunteers
    inner join residents_at(as_of, until_entry) as residents
        on volunteers.resident_id = residents.resident_id;
