-- requests_at: requests with their resident and how far they have come.
-- status: 'withdrawn', 'completed' (every visit done), 'agreed' (every visit agreed or done) or 'open'.
-- Whether a window has passed depends on local time, which the queries know.
-- Grain:  request_id.
-- Needs:  facts.request_submitted, facts.request_withdrawn, residents_at, visits_at.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro requests_at(as_of, until_entry := 9223372036854775807) as table
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
            occurred_at as requested_at
        from facts.request_submitted
        where occurred_at <= as_of and entry_no <= until_entry
        qualify row_number() over (
            partition by request_id
            order by occurred_at desc, entry_no desc, rowid desc
        ) = 1

    ),

    withdrawn as (

        select distinct request_id
        from facts.request_withdrawn
        where occurred_at <= as_of and entry_no <= until_entry

    ),

    visits as (

        select
            request_id,
            count(*) filter (where status in ('agreed', 'completed')) as n_agreed,
            count(*) filter (where status = 'completed') as n_completed
        from visits_at(as_of, until_entry)
        group by request_id

    )

    select
        submitted.*,
        residents.municipality_code,
        residents.lat,
        residents.lon,
        residents.birth_year,
        residents.languages as resident_languages,
        residents.protected_identity,
        coalesce(visits.n_agreed, 0) as n_agreed,
        case
            when withdrawn.request_id is not null then 'withdrawn'
            when visits.n_completed >= submitted.volunteers_needed then 'completed'
            when visits.n_agreed >= submitted.volunteers_needed then 'agreed'
            else 'open'
        end as status
    from submitted
    inner join residents_at(as_of, until_entry) as residents
        on submitted.resident_id = residents.resident_id
    left join withdrawn on submitted.request_id = withdrawn.request_id
    left join visits on submitted.request_id = visits.request_id;
