-- approved_volunteers_at: volunteers who may be sent to at least one service they offer: joined, not left, and holding
-- every check it demands on that day; with the groups they are counted in.
-- Grain:  volunteer_id.
-- Needs:  volunteers_at, checks_at, memory.reference.service, memory.reference.step_check, age_band, main_language,
--         wall_time.
-- Params: as_of (UTC), what had happened; until_entry, what was known; home_record_required, by the policy in force.
create or replace macro approved_volunteers_at(
    as_of, until_entry := 9223372036854775807, home_record_required := false
) as table
    with

    present as (

        select
            volunteer_id,
            resident_id,
            services,
            joined_at,
            municipality_code,
            birth_year,
            languages,
            wall_time(as_of)::date as today
        from volunteers_at(as_of, until_entry)
        where left_at is null and joined_at <= wall_time(as_of)

    ),

    offering as (

        select
            volunteer_id,
            today,
            unnest(services) as service
        from present

    ),

    demanded as (

        select
            offering.volunteer_id,
            offering.service,
            offering.today,
            step_check.check_code,
            step_check.max_months
        from offering
        inner join memory.reference.service as offered
            on offering.service = offered.service
        left join memory.reference.step_check as step_check
            on
                offered.step = step_check.step
                and offering.today >= step_check.valid_from
                and offering.today <= coalesce(step_check.valid_to, date '9999-12-31')
                and (
                    step_check.switch is null
                    or step_check.switch <> 'home_record_required'
                    or home_record_required
                )

    ),

    held as (

        select
            demanded.volunteer_id,
            demanded.service,
            demanded.check_code,
            demanded.check_code is null or coalesce(bool_or(
                demanded.today >= checks.valid_from
                and demanded.today <= coalesce(checks.valid_to, date '9999-12-31')
                and demanded.today
                <= coalesce(checks.valid_from + to_months(demanded.max_months), date '9999-12-31')
            ), false) as is_held
        from demanded
        left join checks_at(as_of, until_entry) as checks
            on
                demanded.volunteer_id = checks.volunteer_id
                and demanded.check_code = checks.check_code
        group by demanded.volunteer_id, demanded.service, demanded.check_code

    ),

    ready as (

        select
            volunteer_id,
            service
        from held
        group by volunteer_id, service
        having bool_and(is_held)

    )

    select
        volunteer_id,
        resident_id,
        joined_at,
        municipality_code,
        age_band(birth_year, today) as age_band,
        main_language(languages) as language
    from present
    where volunteer_id in (select ready.volunteer_id from ready);
