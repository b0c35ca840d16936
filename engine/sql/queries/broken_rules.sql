-- broken_rules: the rules that visits would break, each asked alone, at any start, whether it is a candidate or not.
-- The same rules as of pairs and starts; what a pair holds already for the same request does not count.
-- Grain:  request_id, volunteer_id, rule.
-- Needs:  tried_visits (request_id, volunteer_id, starts_at, ends_at), submissions_at, volunteers_at, residents_at,
--         commitments_at, barred_pairs_at, asked_often_at, grants_at, availability_at, absences_at, checks_at, missing_hours, memory.reference.
-- Params: $as_of (UTC), $until_entry, $local_now, $notice_hours, $radius_max_km, $rest_minutes, $travel_speed_km_per_h,
--         $travel_fixed_minutes, $visits_on_holidays, $home_record_required, $visits_per_week_max,
--         $minutes_per_week_max, $offers_per_week_max.
with

visits as materialized (

    select
        tried.request_id,
        tried.volunteer_id,
        tried.starts_at,
        tried.ends_at,
        cast(tried.starts_at as date) as day,
        requests.resident_id,
        requests.service,
        requests.birth_year,
        requests.earliest_at,
        requests.latest_at,
        requests.languages,
        requests.lat,
        requests.lon,
        requests.protected_identity or volunteers.protected_identity as is_by_hand,
        volunteers.services,
        volunteers.languages as volunteer_languages,
        least(coalesce(volunteers.visits_per_week, $visits_per_week_max), $visits_per_week_max) as visits_per_week,
        least(coalesce(volunteers.minutes_per_week, $minutes_per_week_max), $minutes_per_week_max) as minutes_per_week,
        least(volunteers.radius_km, $radius_max_km) as radius_km,
        great_circle_km(volunteers.lat, volunteers.lon, requests.lat, requests.lon) as distance_km
    from tried_visits as tried
    inner join submissions_at($as_of, $until_entry) as requests
        on tried.request_id = requests.request_id
    inner join volunteers_at($as_of, $until_entry) as volunteers
        on tried.volunteer_id = volunteers.volunteer_id

),

grounds as (

    select
        visits.request_id,
        visits.day
    from visits
    inner join memory.reference.service as offered
        on
            visits.service = offered.service
            and visits.day >= offered.valid_from
            and visits.day <= coalesce(offered.valid_to, date '9999-12-31')
    inner join memory.reference.service_ground as ground
        on visits.service = ground.service
    left join grants_at($as_of, $until_entry) as granted
        on
            ground.by_decision
            and visits.resident_id = granted.resident_id
            and visits.service = granted.service
            and visits.day >= granted.valid_from
            and visits.day <= coalesce(granted.valid_to, date '9999-12-31')
    where
        year(visits.day) - visits.birth_year between ground.min_age and ground.max_age
        and (not ground.by_decision or granted.resident_id is not null)

),

demanded as (

    select
        visits.request_id,
        visits.volunteer_id,
        visits.day,
        step_check.check_code,
        step_check.max_months
    from visits
    inner join memory.reference.service as offered
        on visits.service = offered.service
    inner join memory.reference.step_check as step_check
        on
            offered.step = step_check.step
            and visits.day >= step_check.valid_from
            and visits.day <= coalesce(step_check.valid_to, date '9999-12-31')
    where step_check.switch is null or step_check.switch <> 'home_record_required' or $home_record_required

),

uncleared as (

    select
        demanded.request_id,
        demanded.volunteer_id
    from demanded
    anti join checks_at($as_of, $until_entry) as checks
        on
            demanded.volunteer_id = checks.volunteer_id
            and demanded.check_code = checks.check_code
            and demanded.day >= checks.valid_from
            and demanded.day <= coalesce(checks.valid_to, date '9999-12-31')
            and demanded.day <= coalesce(checks.valid_from + to_months(demanded.max_months), date '9999-12-31')

),

others as materialized (

    select
        visits.request_id,
        visits.volunteer_id,
        visits.starts_at,
        visits.ends_at,
        commitments.starts_at as other_starts_at,
        commitments.ends_at as other_ends_at,
        commitments.minutes,
        commitments.status,
        $rest_minutes + coalesce(way_minutes(
            great_circle_km(visits.lat, visits.lon, residents.lat, residents.lon),
            $travel_speed_km_per_h, $travel_fixed_minutes
        ), 0) as minutes_between
    from visits
    inner join commitments_at($as_of, $until_entry) as commitments
        on visits.volunteer_id = commitments.volunteer_id and visits.request_id <> commitments.request_id
    inner join residents_at($as_of, $until_entry) as residents
        on commitments.resident_id = residents.resident_id

),

weeks as (

    select
        request_id,
        volunteer_id,
        count(*) as n_visits,
        sum(minutes) as minutes
    from others
    where date_trunc('week', other_starts_at) = date_trunc('week', starts_at)
    group by request_id, volunteer_id

),

broken as (

    select
        request_id,
        volunteer_id,
        1 as step,
        'protected_identity' as rule
    from visits
    where is_by_hand

    union all

    select
        request_id,
        volunteer_id,
        2 as step,
        'outside_window' as rule
    from visits
    where starts_at < earliest_at or ends_at > latest_at

    union all

    select
        request_id,
        volunteer_id,
        3 as step,
        'window_too_soon' as rule
    from visits
    where starts_at < $local_now::timestamp + to_hours($notice_hours)

    union all

    select
        visits.request_id,
        visits.volunteer_id,
        4 as step,
        'may_not_ask' as rule
    from visits
    anti join grounds on visits.request_id = grounds.request_id and visits.day = grounds.day

    union all

    select
        request_id,
        volunteer_id,
        5 as step,
        'service_not_offered' as rule
    from visits
    where not list_contains(services, service)

    union all

    select
        request_id,
        volunteer_id,
        6 as step,
        'language_missing' as rule
    from visits
    where not speaks(volunteer_languages, languages)

    union all

    select
        request_id,
        volunteer_id,
        7 as step,
        'too_far' as rule
    from visits
    where distance_km > radius_km

    union all

    select
        visits.request_id,
        visits.volunteer_id,
        8 as step,
        barred.rule
    from visits
    inner join barred_pairs_at($as_of, $until_entry) as barred
        on visits.request_id = barred.request_id and visits.volunteer_id = barred.volunteer_id

    union all

    select
        visits.request_id,
        visits.volunteer_id,
        9 as step,
        'asked_enough' as rule
    from visits
    inner join asked_often_at($as_of, $until_entry, $offers_per_week_max) as often
        on visits.volunteer_id = often.volunteer_id

    union all

    select
        visits.request_id,
        visits.volunteer_id,
        10 as step,
        'not_free' as rule
    from visits
    anti join availability_at($as_of, $until_entry) as availability
        on
            visits.volunteer_id = availability.volunteer_id
            and isodow(visits.day) = availability.weekday
            and visits.starts_at >= visits.day + availability.starts
            and visits.ends_at <= visits.day + availability.ends

    union all

    select
        visits.request_id,
        visits.volunteer_id,
        10 as step,
        'not_free' as rule
    from visits
    inner join missing_hours() as missing
        on
            visits.day = missing.day
            and visits.starts_at < missing.to_at
            and visits.ends_at > missing.from_at

    union all

    select
        request_id,
        volunteer_id,
        11 as step,
        'check_missing' as rule
    from uncleared

    union all

    select
        visits.request_id,
        visits.volunteer_id,
        12 as step,
        'holiday' as rule
    from visits
    inner join memory.reference.holiday as holiday
        on visits.day = holiday.day
    where not $visits_on_holidays

    union all

    select
        visits.request_id,
        visits.volunteer_id,
        13 as step,
        'absent' as rule
    from visits
    inner join absences_at($as_of, $until_entry) as absences
        on visits.volunteer_id = absences.volunteer_id
    where visits.starts_at < absences.ends_at and visits.ends_at > absences.starts_at

    union all

    select
        request_id,
        volunteer_id,
        14 as step,
        'busy' as rule
    from others
    where
        status in ('agreed', 'offered', 'approved')
        and starts_at < other_ends_at + to_minutes(minutes_between)
        and other_starts_at < ends_at + to_minutes(minutes_between)

    union all

    select
        visits.request_id,
        visits.volunteer_id,
        15 as step,
        'week_full' as rule
    from visits
    left join weeks on visits.request_id = weeks.request_id and visits.volunteer_id = weeks.volunteer_id
    where
        coalesce(weeks.n_visits, 0) + 1 > visits.visits_per_week
        or coalesce(weeks.minutes, 0) + date_diff('minute', visits.starts_at, visits.ends_at) + coalesce(way_minutes(
            visits.distance_km, $travel_speed_km_per_h, $travel_fixed_minutes
        ), 0) > visits.minutes_per_week

)

select
    request_id,
    volunteer_id,
    rule
from broken
group by request_id, volunteer_id, rule
order by request_id, volunteer_id, min(step)
