-- demanded_checks_at: the checks that the services of volunteers who stay demand on a day, and the last day on which each
-- was or will be held; null when it never was. A check ends by its own date or by the greatest age it may have.
-- Grain:  volunteer_id, check_code.
-- Needs:  volunteers_at, checks_at, memory.reference.service, memory.reference.step_check.
-- Params: as_of (UTC), until_entry; local_day, the day asked about; home_record_required, the policy's switch.
create or replace macro demanded_checks_at(as_of, until_entry, local_day, home_record_required) as table
    with

    offers as (

        select
            volunteer_id,
            unnest(services) as service
        from volunteers_at(as_of, until_entry)
        where left_at is null

    ),

    demanded as (

        select
            offers.volunteer_id,
            step_check.check_code,
            list(distinct offers.service order by offers.service) as services,
            min(step_check.max_months) as max_months
        from offers
        inner join memory.reference.service as offered
            on offers.service = offered.service
        inner join memory.reference.step_check as step_check
            on
                offered.step = step_check.step
                and local_day >= step_check.valid_from
                and local_day <= coalesce(step_check.valid_to, date '9999-12-31')
        where step_check.switch is null or step_check.switch <> 'home_record_required' or home_record_required
        group by offers.volunteer_id, step_check.check_code

    )

    select
        demanded.volunteer_id,
        demanded.check_code,
        demanded.services,
        coalesce(bool_or(checks.valid_from <= local_day), false) as has_begun,
        max(if(checks.valid_from is null, null, least(
            coalesce(checks.valid_to, date '9999-12-31'),
            coalesce((checks.valid_from + to_months(demanded.max_months))::date, date '9999-12-31')
        ))) as last_day
    from demanded
    left join checks_at(as_of, until_entry) as checks
        on demanded.volunteer_id = checks.volunteer_id and demanded.check_code = checks.check_code
    group by demanded.volunteer_id, demanded.check_code, demanded.services;
