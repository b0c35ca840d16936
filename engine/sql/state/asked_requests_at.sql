-- asked_requests_at: requests as last submitted, with the groups they are counted in and whether they may be asked for.
-- is_eligible: on some day of the window the resident had a ground for the service. has_ended: the window has passed, or
-- the request was taken back. asked_at is requested_at in local time; the groups are those of the resident.
-- Grain:  request_id.
-- Needs:  facts.request_submitted, facts.request_withdrawn, residents_at, grants_at, memory.reference.service,
--         memory.reference.service_ground, memory.reference.utc_offset, age_band, main_language, wall_time.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro asked_requests_at(as_of, until_entry := 9223372036854775807) as table
    with

    submitted as (

        select
            request_id,
            resident_id,
            service,
            earliest_at,
            latest_at,
            volunteers_needed,
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

    offsets as (

        select
            from_at,
            offset_minutes
        from memory.reference.utc_offset

    ),

    asked as (

        select
            submitted.*,
            residents.municipality_code,
            residents.birth_year,
            submitted.requested_at + to_minutes(offsets.offset_minutes::bigint) as asked_at,
            age_band(residents.birth_year, submitted.earliest_at) as age_band,
            main_language(residents.languages) as language,
            withdrawn.request_id is not null or submitted.latest_at <= wall_time(as_of) as has_ended
        from submitted
        inner join residents_at(as_of, until_entry) as residents
            on submitted.resident_id = residents.resident_id
        asof inner join offsets
            on submitted.requested_at >= offsets.from_at
        left join withdrawn on submitted.request_id = withdrawn.request_id

    ),

    -- Every ground holds on a stretch of days; some day of the window has to lie in it.
    with_ground as (

        select distinct asked.request_id
        from asked
        inner join memory.reference.service as offered
            on asked.service = offered.service
        inner join memory.reference.service_ground as ground
            on asked.service = ground.service
        left join grants_at(as_of, until_entry) as granted
            on
                ground.by_decision
                and asked.resident_id = granted.resident_id
                and asked.service = granted.service
        where
            (not ground.by_decision or granted.resident_id is not null)
            and greatest(
                asked.earliest_at::date,
                offered.valid_from,
                coalesce(granted.valid_from, asked.earliest_at::date),
                make_date(asked.birth_year + ground.min_age, 1, 1)
            ) <= least(
                asked.latest_at::date,
                coalesce(offered.valid_to, asked.latest_at::date),
                coalesce(granted.valid_to, asked.latest_at::date),
                make_date(asked.birth_year + ground.max_age, 12, 31)
            )

    )

    select
        asked.* exclude (birth_year),
        with_ground.request_id is not null as is_eligible
    from asked
    left join with_ground on asked.request_id = with_ground.request_id;
