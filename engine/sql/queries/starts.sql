-- starts: when each pair could begin the visit, with the first rule of the day that forbids it.
-- A start is tried at the first quarter of an hour of every free stretch, every step after it, and where pinned.
-- Grain:  request_id, volunteer_id, starts_at; rule is null for a start that is allowed.
-- Needs:  tried_pairs (request_id, volunteer_id, distance_km), open_requests, asking_days, volunteer_weeks, availability_at, absences_at, checks_at,
--         overrides_at, commitments_at, residents_at, missing_hours, memory.reference.
-- Params: $as_of (UTC), $until_entry, $start_step_minutes, $starts_per_pair, $travel_speed_km_per_h, $travel_fixed_minutes, $rest_minutes, $visits_on_holidays,
--         $home_record_required, $with_rules (false: only allowed starts, at most $starts_per_pair of a pair).
with

days as (

    select
        open_requests.request_id,
        open_requests.service,
        open_requests.minutes,
        open_requests.lat,
        open_requests.lon,
        open_requests.from_at,
        open_requests.to_at,
        asking.day,
        holiday.day is not null and not $visits_on_holidays as is_holiday
    from open_requests
    inner join asking_days as asking
        on open_requests.request_id = asking.request_id
    left join memory.reference.holiday as holiday
        on asking.day = holiday.day

),

stretches as (

    select
        tried_pairs.request_id,
        tried_pairs.volunteer_id,
        tried_pairs.distance_km,
        days.service,
        days.minutes,
        days.lat,
        days.lon,
        days.day,
        days.is_holiday,
        greatest(days.from_at, days.day + availability.starts) as free_from,
        least(days.to_at, days.day + availability.ends) as free_to
    from tried_pairs
    inner join days on tried_pairs.request_id = days.request_id
    inner join availability_at($as_of, $until_entry) as availability
        on
            tried_pairs.volunteer_id = availability.volunteer_id
            and isodow(days.day) = availability.weekday

),

firsts as (

    select
        *,
        make_timestamp((ceil(epoch(free_from) / 900) * 900000000)::bigint) as first_at
    from stretches
    where free_from < free_to

),

tries as (

    select
        *,
        unnest(range(
            0,
            floor((date_diff('minute', first_at, free_to) - minutes) / $start_step_minutes)::bigint + 1
        )) as nth_of_stretch
    from firsts
    where first_at + to_minutes(minutes) <= free_to

),

-- A start that a coordinator pinned is tried too, wherever it lies in the stretch.
pinned as (

    select
        firsts.* exclude (free_from, free_to, first_at),
        overrides.starts_at,
        0 as nth_of_stretch
    from firsts
    inner join overrides_at($as_of, $until_entry) as overrides
        on
            firsts.request_id = overrides.request_id
            and firsts.volunteer_id = overrides.volunteer_id
    where
        overrides.kind = 'pin'
        and overrides.starts_at >= firsts.free_from
        and overrides.starts_at + to_minutes(firsts.minutes) <= firsts.free_to

),

stepped as (

    select
        * exclude (free_from, free_to, first_at),
        first_at + to_minutes(nth_of_stretch * $start_step_minutes) as starts_at
    from tries

),

every_start as (

    select
        *,
        true as is_pinned
    from pinned
    union all by name
    select
        stepped.*,
        false as is_pinned
    from stepped
    anti join pinned
        on
            stepped.request_id = pinned.request_id
            and stepped.volunteer_id = pinned.volunteer_id
            and stepped.starts_at = pinned.starts_at

),

starts as (

    select
        every_start.*,
        every_start.starts_at + to_minutes(every_start.minutes) as ends_at
    from every_start
    anti join missing_hours() as missing
        on
            every_start.day = missing.day
            and every_start.starts_at < missing.to_at
            and every_start.starts_at + to_minutes(every_start.minutes) > missing.from_at

),

demands as (

    select distinct
        volunteer_id,
        service,
        day
    from starts

),

demanded as (

    select
        demands.volunteer_id,
        demands.service,
        demands.day,
        step_check.check_code,
        step_check.max_months
    from demands
    inner join memory.reference.service as offered
        on demands.service = offered.service
    inner join memory.reference.step_check as step_check
        on
            offered.step = step_check.step
            and demands.day >= step_check.valid_from
            and demands.day <= coalesce(step_check.valid_to, date '9999-12-31')
    where step_check.switch is null or step_check.switch <> 'home_record_required' or $home_record_required

),

-- Aggregated over an equality join, since a join on the dates themselves is slow.
held as (

    select
        demanded.volunteer_id,
        demanded.service,
        demanded.day,
        demanded.check_code,
        coalesce(bool_or(
            demanded.day >= checks.valid_from
            and demanded.day <= coalesce(checks.valid_to, date '9999-12-31')
            and demanded.day <= coalesce(checks.valid_from + to_months(demanded.max_months), date '9999-12-31')
        ), false) as is_held
    from demanded
    left join checks_at($as_of, $until_entry) as checks
        on
            demanded.volunteer_id = checks.volunteer_id
            and demanded.check_code = checks.check_code
    group by demanded.volunteer_id, demanded.service, demanded.day, demanded.check_code

),

uncleared as (

    select distinct
        volunteer_id,
        service,
        day
    from held
    where not is_held

),

agreed as (

    select
        visits.volunteer_id,
        visits.starts_at,
        visits.ends_at,
        residents.lat,
        residents.lon
    from commitments_at($as_of, $until_entry) as visits
    inner join residents_at($as_of, $until_entry) as residents
        on visits.resident_id = residents.resident_id
    where visits.status in ('agreed', 'offered', 'approved')

),

busy as (

    select distinct
        starts.request_id,
        starts.volunteer_id,
        starts.starts_at
    from starts
    inner join agreed
        on
            starts.volunteer_id = agreed.volunteer_id
            and starts.starts_at < agreed.ends_at + to_minutes(
                $rest_minutes + coalesce(way_minutes(
                    great_circle_km(starts.lat, starts.lon, agreed.lat, agreed.lon),
                    $travel_speed_km_per_h, $travel_fixed_minutes
                ), 0)
            )
            and agreed.starts_at < starts.ends_at + to_minutes(
                $rest_minutes + coalesce(way_minutes(
                    great_circle_km(starts.lat, starts.lon, agreed.lat, agreed.lon),
                    $travel_speed_km_per_h, $travel_fixed_minutes
                ), 0)
            )

),

absent as (

    select distinct
        starts.request_id,
        starts.volunteer_id,
        starts.starts_at
    from starts
    inner join absences_at($as_of, $until_entry) as absences
        on
            starts.volunteer_id = absences.volunteer_id
            and starts.starts_at < absences.ends_at
            and starts.ends_at > absences.starts_at

),

ruled as (

    select
        starts.request_id,
        starts.volunteer_id,
        starts.distance_km,
        starts.starts_at,
        starts.ends_at,
        starts.nth_of_stretch,
        starts.is_pinned,
        way_minutes(starts.distance_km, $travel_speed_km_per_h, $travel_fixed_minutes) as travel_minutes,
        case
            when uncleared.volunteer_id is not null then 'check_missing'
            when starts.is_holiday then 'holiday'
            when absent.volunteer_id is not null then 'absent'
            when busy.volunteer_id is not null then 'busy'
            when
                weeks.visits_left < 1
                or weeks.minutes_left
                < starts.minutes
                + way_minutes(starts.distance_km, $travel_speed_km_per_h, $travel_fixed_minutes)
                then 'week_full'
        end as rule
    from starts
    left join uncleared
        on
            starts.volunteer_id = uncleared.volunteer_id
            and starts.service = uncleared.service
            and starts.day = uncleared.day
    left join absent
        on
            starts.request_id = absent.request_id
            and starts.volunteer_id = absent.volunteer_id
            and starts.starts_at = absent.starts_at
    left join busy
        on
            starts.request_id = busy.request_id
            and starts.volunteer_id = busy.volunteer_id
            and starts.starts_at = busy.starts_at
    left join volunteer_weeks as weeks
        on
            starts.volunteer_id = weeks.volunteer_id
            and date_trunc('week', starts.starts_at)::date = weeks.week

)

select
    request_id,
    volunteer_id,
    distance_km,
    starts_at,
    ends_at,
    travel_minutes,
    rule
from ruled
where $with_rules or rule is null
qualify
    $with_rules
    or is_pinned
    or row_number() over (
        partition by request_id, volunteer_id, is_pinned order by nth_of_stretch, starts_at
    ) <= $starts_per_pair
order by request_id, volunteer_id, starts_at
