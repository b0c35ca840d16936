-- askable_services: which services a resident may ask for on a day, and on what ground.
-- ground: the first of the service's grounds that holds, null when none does; by decision only with a grant valid that
-- day, whose reference and last day stand beside it. grounds are all that the service knows.
-- Grain:  service.
-- Needs:  residents_of, grants_at, memory.reference.service, memory.reference.service_ground.
-- Params: $as_of (UTC), $until_entry, $resident_id, $day.
with

granted as (

    select
        service,
        arg_max(decision, coalesce(valid_to, date '9999-12-31')) as decision,
        nullif(max(coalesce(valid_to, date '9999-12-31')), date '9999-12-31') as valid_to
    from grants_at($as_of, $until_entry)
    where
        resident_id = $resident_id
        and $day::date >= valid_from
        and $day::date <= coalesce(valid_to, date '9999-12-31')
    group by service

),

tried as (

    select
        offered.service,
        offered.needs_test,
        ground.ground,
        ground.by_decision,
        year($day::date) - resident.birth_year between ground.min_age and ground.max_age
        and (not ground.by_decision or granted.service is not null) as holds,
        granted.decision,
        granted.valid_to
    from memory.reference.service as offered
    inner join memory.reference.service_ground as ground
        on offered.service = ground.service
    cross join residents_of($as_of, [$resident_id], until_entry := $until_entry) as resident
    left join granted on offered.service = granted.service
    where
        $day::date >= offered.valid_from
        and $day::date <= coalesce(offered.valid_to, date '9999-12-31')

)

select
    service,
    bool_or(needs_test) as needs_test,
    arg_min(ground, by_decision) filter (where holds) as ground,
    list(ground order by ground) as grounds,
    any_value(decision) as decision,
    any_value(valid_to) as valid_to
from tried
group by service
order by service
