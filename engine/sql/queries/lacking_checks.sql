-- lacking_checks: volunteers who lack exactly one check for some service they offer, whichever check it is.
-- Grain:  volunteer_id, check_code.
-- Needs:  volunteers_at, checks_at, memory.reference.service, memory.reference.step_check.
-- Params: $as_of (UTC), $until_entry, $local_now, $home_record_required.
with

offers as (

    select
        volunteer_id,
        unnest(services) as service
    from volunteers_at($as_of, $until_entry)
    where not protected_identity

),

demanded as (

    select
        offers.volunteer_id,
        offers.service,
        step_check.check_code,
        step_check.max_months
    from offers
    inner join memory.reference.service as offered
        on offers.service = offered.service
    inner join memory.reference.step_check as step_check
        on
            offered.step = step_check.step
            and $local_now::date >= step_check.valid_from
            and $local_now::date <= coalesce(step_check.valid_to, date '9999-12-31')
    where step_check.switch is null or step_check.switch <> 'home_record_required' or $home_record_required

),

held as (

    select
        demanded.volunteer_id,
        demanded.service,
        demanded.check_code,
        coalesce(bool_or(
            $local_now::date >= checks.valid_from
            and $local_now::date <= coalesce(checks.valid_to, date '9999-12-31')
            and $local_now::date <= coalesce(checks.valid_from + to_months(demanded.max_months), date '9999-12-31')
        ), false) as is_held
    from demanded
    left join checks_at($as_of, $until_entry) as checks
        on
            demanded.volunteer_id = checks.volunteer_id
            and demanded.check_code = checks.check_code
    group by demanded.volunteer_id, demanded.service, demanded.check_code

),

alone as (

    select
        volunteer_id,
        service,
        any_value(check_code) as check_code
    from held
    where not is_held
    group by volunteer_id, service
    having count(*) = 1

)

select distinct
    volunteer_id,
    check_code
from alone
order by volunteer_id, check_code
