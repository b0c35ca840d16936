-- asked_days: the days of each window on which the resident may ask, or could with a decision.
-- Grain:  request_id, variant, day.
-- Needs:  asked_windows, grants_at, memory.reference.service, memory.reference.service_ground.
-- Params: $as_of (UTC), $until_entry.
with

days as (

    select
        request_id,
        variant,
        is_asked,
        resident_id,
        service,
        birth_year,
        cast(unnest(generate_series(cast(from_at as date), cast(to_at as date), interval 1 day)) as date) as day
    from asked_windows

),

grounded as (

    select
        days.request_id,
        days.variant,
        days.day,
        days.is_asked,
        not ground.by_decision or granted.resident_id is not null as is_granted
    from days
    inner join memory.reference.service as offered
        on
            days.service = offered.service
            and days.day >= offered.valid_from
            and days.day <= coalesce(offered.valid_to, date '9999-12-31')
    inner join memory.reference.service_ground as ground
        on days.service = ground.service
    left join grants_at($as_of, $until_entry) as granted
        on
            ground.by_decision
            and days.resident_id = granted.resident_id
            and days.service = granted.service
            and days.day >= granted.valid_from
            and days.day <= coalesce(granted.valid_to, date '9999-12-31')
    where year(days.day) - days.birth_year between ground.min_age and ground.max_age

)

select
    request_id,
    variant,
    day,
    bool_or(is_granted) as is_granted
from grounded
group by request_id, variant, day
order by request_id, variant, day
