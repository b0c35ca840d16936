-- asking_days: the days of a request's window on which the resident may ask for the service.
-- Grain:  request_id, day.
-- Needs:  open_requests, grants_at, memory.reference.service, memory.reference.service_ground.
-- Params: $as_of (UTC), $until_entry.
with

days as (

    select
        request_id,
        resident_id,
        service,
        birth_year,
        cast(unnest(generate_series(cast(from_at as date), cast(to_at as date), interval 1 day)) as date)
            as day
    from open_requests
    where from_at <= to_at

)

select distinct
    days.request_id,
    days.day
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
where
    year(days.day) - days.birth_year between ground.min_age and ground.max_age
    and (not ground.by_decision or granted.resident_id is not null)
