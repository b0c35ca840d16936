-- commitments_at: what takes a volunteer's time: visits, and what holds a place in the week until it is answered.
-- status: 'agreed', 'completed' or 'missed' for visits; 'offered' for open offers; 'approved' for what waits to be offered.
-- Grain:  volunteer_id, request_id, starts_at, status.
-- Needs:  visits_at, offers_at, proposals_at, request_residents_at, wall_time.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro commitments_at(as_of, until_entry := 9223372036854775807) as table
    with

    holds as (

        select
            volunteer_id,
            request_id,
            starts_at,
            ends_at,
            minutes,
            'offered' as status
        from offers_at(as_of, until_entry)
        where status = 'sent'

        union all

        select
            volunteer_id,
            request_id,
            starts_at,
            ends_at,
            minutes,
            'approved' as status
        from proposals_at(as_of, until_entry)
        where status = 'approved' and starts_at > wall_time(as_of)

    )

    select
        volunteer_id,
        request_id,
        resident_id,
        starts_at,
        ends_at,
        minutes,
        status
    from visits_at(as_of, until_entry)
    where status in ('agreed', 'completed', 'missed')

    union all

    select
        holds.volunteer_id,
        holds.request_id,
        requests.resident_id,
        holds.starts_at,
        holds.ends_at,
        holds.minutes,
        holds.status
    from holds
    inner join request_residents_at(as_of, until_entry) as requests
        on holds.request_id = requests.request_id;
