-- volunteers_at: volunteers as last registered, with what is known of them as residents; left_at is null while they stay.
-- Grain:  volunteer_id.
-- Needs:  facts.volunteer_registered, facts.volunteer_left, residents_at.
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
            joined_at,
            entry_no as registered_in
        from facts.volunteer_registered
        -- The newest of each; a semi-join costs half of what numbering the rows does.
        where rowid in (
            select arg_max(rowid, (occurred_at, entry_no, rowid))
            from facts.volunteer_registered
            where occurred_at <= as_of and entry_no <= until_entry
            group by volunteer_id
        )

    ),

    departures as (

        select
            volunteer_id,
            max(entry_no) as left_in,
            arg_max(occurred_at, entry_no) as left_at
        from facts.volunteer_left
        where occurred_at <= as_of and entry_no <= until_entry
        group by volunteer_id

    )

    select
        volunteers.* exclude (registered_in),
        if(departures.left_in > volunteers.registered_in, departures.left_at, null) as left_at,
        residents.municipality_code,
        residents.lat,
        residents.lon,
        residents.languages,
        residents.birth_year,
        residents.protected_identity
    from volunteers
    inner join residents_at(as_of, until_entry) as residents
        on volunteers.resident_id = residents.resident_id
    left join departures on volunteers.volunteer_id = departures.volunteer_id;
