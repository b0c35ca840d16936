-- asked_starts: when each pair could begin the visit in each variant of the window, and what a start still lacks.
-- The twin of starts.sql (tests/properties/test_asked_starts.py holds the two together): there a rule forbids, here
-- a rule that somebody could change is measured instead. Who is away, busy, or asked for a holiday stays out. Of
-- starts that lack the same, the first $starts_per_pair are kept.
-- Grain:  request_id, variant, volunteer_id, starts_at.
-- Needs:  asked_pairs, asked_windows, asked_days, volunteer_weeks, availability_at, absences_at, checks_at,
--         overrides_at, commitments_at, residents_at, missing_hours, memory.reference.
-- Params: $as_of (UTC), $until_entry, $start_step_minutes, $starts_per_pair, $travel_speed_km_per_h,
--         $travel_fixed_minutes, $rest_minutes, $visits_on_holidays, $home_record_required.
with

days as (

    select
        windows.request_id,
        windows.variant,
        windows.service,
        windows.minutes,
        windows.lat,
        windows.lon,
        windows.from_at,
        windows.to_at,
        asking.day,
        asking.is_granted
    from asked_windows as windows
    inner join asked_days as asking
        on windows.request_id = asking.request_id and windows.variant = asking.variant
    left join memory.reference.holiday as holiday
        on asking.day = holiday.day
    where (asking.is_granted or windows.is_asked) and (holiday.day is null or $visits_on_holidays)

),

firsts as (

    select
        asked_pairs.*,
        days.* exclude (request_id),
        greatest(days.from_at, days.day + availability.starts) as free_from,
        least(days.to_at, days.day + availability.ends) as free_to,
        make_timestamp((
            ceil(epoch(greatest(days.from_at, days.day + availability.starts)) / 900) * 900000000
        )::bigint) as first_at
    from asked_pairs
    inner join days on asked_pairs.request_id = days.request_id
    inner join availability_at($as_of, $until_entry) as availability
        on
            asked_pairs.volunteer_id = availability.volunteer_id
            and isodow(days.day) = availability.weekday
    where greatest(days.from_at, days.day + availability.starts) < least(days.to_at, days.day + availability.ends)

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

pinned as (

    select
        firsts.*,
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
        *,
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
            and stepped.variant = pinned.variant
            and stepped.volunteer_id = pinned.volunteer_id
            and stepped.starts_at = pinned.starts_at

),

starts as (

    select
        every_start.*,
        every_start.starts_at + to_minutes(every_start.minutes) as ends_at,
        date_trunc('week', every_start.starts_at)::date as week,
        way_minutes(every_start.distance_km, $travel_speed_km_per_h, $travel_fixed_minutes) as travel_minutes
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

held as (

    select
        demands.volunteer_id,
        demands.service,
        demands.day,
        step_check.check_code,
        coalesce(bool_or(
            demands.day >= checks.valid_from
            and demands.day <= coalesce(checks.valid_to, date '9999-12-31')
            and demands.day <= coalesce(checks.valid_from + to_months(step_check.max_months), date '9999-12-31')
        ), false) as is_held
    from demands
    inner join memory.reference.service as offered
        on demands.service = offered.service
    inner join memory.reference.step_check as step_check
        on
            offered.step = step_check.step
            and demands.day >= step_check.valid_from
            and demands.day <= coalesce(step_check.valid_to, date '9999-12-31')
    left join checks_at($as_of, $until_entry) as checks
        on
            demands.volunteer_id = checks.volunteer_id
            and step_check.check_code = checks.check_code
    where step_check.switch is null or step_check.switch <> 'home_record_required' or $home_record_required
    group by demands.volunteer_id, demands.service, demands.day, step_check.check_code

),

lacking as (

    select
        volunteer_id,
        service,
        day,
        string_agg(check_code, ';' order by check_code) as lacking
    from held
    where not is_held
    group by volunteer_id, service, day

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

taken as (

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
    union
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

measured as (

    select
        starts.request_id,
        starts.variant,
        starts.volunteer_id,
        starts.starts_at,
        starts.ends_at,
        starts.travel_minutes,
        starts.distance_km,
        starts.radius_km,
        starts.speaks_it,
        starts.is_granted,
        starts.is_pinned,
        starts.nth_of_stretch,
        starts.week,
        coalesce(lacking.lacking, '') as lacking,
        weeks.visits_left < 1 or weeks.minutes_left < starts.minutes + starts.travel_minutes as is_week_full
    from starts
    anti join taken
        on
            starts.request_id = taken.request_id
            and starts.volunteer_id = taken.volunteer_id
            and starts.starts_at = taken.starts_at
    inner join volunteer_weeks as weeks
        on starts.volunteer_id = weeks.volunteer_id and starts.week = weeks.week
    left join lacking
        on
            starts.volunteer_id = lacking.volunteer_id
            and starts.service = lacking.service
            and starts.day = lacking.day

)

select *
from measured
qualify
    is_pinned
    or row_number() over (
        partition by request_id, variant, volunteer_id, is_pinned, is_granted, lacking, is_week_full, week
        order by nth_of_stretch, starts_at
    ) <= $starts_per_pair
order by request_id, variant, volunteer_id, is_pinned, nth_of_stretch, starts_at
