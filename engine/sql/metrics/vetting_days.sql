-- vetting_days: how long volunteers waited until they could be sent to a first service.
-- Measure:     days from joining to the day on which every check of one service they offer was first valid; amount 1 when
--              there is one. days is null for who left before, which is never; the others have waited until now.
-- Denominator: volunteers who joined in the period.
-- Unit:        days.
-- Grain:  volunteer_id.
-- Needs:  volunteers_at, checks_at, memory.reference.service, memory.reference.step_check, age_band, main_language.
-- Params: $as_of (UTC), $local_from, $local_to, $local_now, $until_entry, $home_record_required.
with

joined as (

    select
        volunteer_id,
        resident_id,
        services,
        joined_at,
        left_at,
        municipality_code,
        birth_year,
        languages
    from volunteers_at($as_of, $until_entry)
    where joined_at >= $local_from::timestamp and joined_at < $local_to::timestamp

),

offering as (

    select
        volunteer_id,
        unnest(services) as service
    from joined

),

cleared as (

    select
        volunteer_id,
        check_code,
        min(valid_from) as since
    from checks_at($as_of, $until_entry)
    where valid_from <= $local_now::date
    group by volunteer_id, check_code

),

ready as (

    select
        offering.volunteer_id,
        offering.service,
        if(bool_and(cleared.since is not null), max(cleared.since), null) as since
    from offering
    inner join memory.reference.service as offered
        on offering.service = offered.service
    inner join memory.reference.step_check as step_check
        on
            offered.step = step_check.step
            and $local_now::date >= step_check.valid_from
            and $local_now::date <= coalesce(step_check.valid_to, date '9999-12-31')
            and (
                step_check.switch is null
                or step_check.switch <> 'home_record_required'
                or $home_record_required::boolean
            )
    left join cleared
        on offering.volunteer_id = cleared.volunteer_id and step_check.check_code = cleared.check_code
    group by offering.volunteer_id, offering.service

),

first_ready as (

    select
        volunteer_id,
        min(since) as since
    from ready
    group by volunteer_id

)

select
    joined.resident_id as person_id,
    joined.municipality_code,
    age_band(joined.birth_year, joined.joined_at) as age_band,
    main_language(joined.languages) as language,
    joined.joined_at as counted_at,
    (first_ready.since is not null)::double as amount,
    1.0::double as base,
    case
        when first_ready.since is not null
            then greatest(0, date_diff('day', joined.joined_at::date, first_ready.since))::double
        when joined.left_at is null
            then greatest(0, date_diff('day', joined.joined_at::date, $local_now::date))::double
    end as days
from joined
left join first_ready on joined.volunteer_id = first_ready.volunteer_id
order by joined.volunteer_id
