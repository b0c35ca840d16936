-- volunteer_use: every volunteer with how much they are called on: visits done and to come, asked and declined.
-- status: 'left', 'away' (until away_until), 'unvetted' (no service for which every check is held), else 'ready'.
-- is_idle: ready for longer than $idle_days and neither visited in that time nor about to. is_overused: more visits this
-- week than are comfortable, or asked as often in seven days as may be.
-- Grain:  volunteer_id.
-- Needs:  volunteers_at, demanded_checks_at, absences_at, visits_at, offers_at, asked_often_at, availability_at,
--         memory.reference.service, memory.reference.step_check.
-- Params: $as_of (UTC), $until_entry, $local_now, $home_record_required, $comfortable_visits_per_week,
--         $offers_per_week_max, $idle_days.
with

volunteers as (

    select * from volunteers_at($as_of, $until_entry)

),

lacking as (

    select
        volunteer_id,
        count(*) as n_lacking,
        list(distinct service) as closed_services
    from (
        select
            volunteer_id,
            check_code,
            unnest(services) as service
        from demanded_checks_at($as_of, $until_entry, $local_now::date, $home_record_required)
        where last_day is null or last_day < $local_now::date or not has_begun
    ) as closed
    group by volunteer_id

),

away as (

    select
        volunteer_id,
        max(ends_at) as away_until
    from absences_at($as_of, $until_entry)
    where starts_at <= $local_now::timestamp and ends_at > $local_now::timestamp
    group by volunteer_id

),

visits as (

    select
        volunteer_id,
        count(*) filter (where status = 'completed') as n_completed,
        count(*) filter (
            where status = 'completed' and starts_at > $local_now::timestamp - to_days($idle_days)
        ) as n_completed_lately,
        coalesce(sum(minutes_spent) filter (
            where status = 'completed' and starts_at > $local_now::timestamp - to_days($idle_days)
        ), 0) as minutes_lately,
        count(*) filter (where status = 'agreed' and ends_at > $local_now::timestamp) as n_ahead,
        count(*) filter (
            where
            status in ('agreed', 'completed')
            and date_trunc('week', starts_at) = date_trunc('week', $local_now::timestamp)
        ) as n_this_week,
        count(*) filter (where status in ('missed', 'cancelled') and side = 'volunteer') as n_failed,
        max(starts_at) filter (where status = 'completed') as last_visit_at
    from visits_at($as_of, $until_entry)
    group by volunteer_id

),

asked as (

    select
        volunteer_id,
        count(*) as n_asked,
        count(*) filter (where status = 'declined') as n_declined,
        count(*) filter (where status = 'expired') as n_unanswered,
        count(*) filter (where status = 'sent') as n_waiting
    from offers_at($as_of, $until_entry)
    group by volunteer_id

),

weeks as (

    select
        volunteer_id,
        count(*) as n_windows
    from availability_at($as_of, $until_entry)
    group by volunteer_id

),

told as (

    select
        volunteers.volunteer_id,
        volunteers.resident_id,
        volunteers.municipality_code,
        volunteers.services,
        volunteers.languages,
        volunteers.radius_km,
        volunteers.visits_per_week,
        volunteers.minutes_per_week,
        volunteers.joined_at,
        volunteers.left_at,
        volunteers.protected_identity,
        away.away_until,
        visits.last_visit_at,
        coalesce(lacking.n_lacking, 0) as n_lacking,
        coalesce(visits.n_completed, 0) as n_completed,
        coalesce(visits.n_completed_lately, 0) as n_completed_lately,
        coalesce(visits.minutes_lately, 0) as minutes_lately,
        coalesce(visits.n_ahead, 0) as n_ahead,
        coalesce(visits.n_this_week, 0) as n_this_week,
        coalesce(visits.n_failed, 0) as n_failed,
        coalesce(asked.n_asked, 0) as n_asked,
        coalesce(asked.n_declined, 0) as n_declined,
        coalesce(asked.n_unanswered, 0) as n_unanswered,
        coalesce(asked.n_waiting, 0) as n_waiting,
        coalesce(weeks.n_windows, 0) as n_windows,
        often.volunteer_id is not null as is_asked_often,
        case
            when volunteers.left_at is not null then 'left'
            when away.volunteer_id is not null then 'away'
            when coalesce(len(lacking.closed_services), 0) >= len(volunteers.services) then 'unvetted'
            else 'ready'
        end as status
    from volunteers
    left join lacking on volunteers.volunteer_id = lacking.volunteer_id
    left join away on volunteers.volunteer_id = away.volunteer_id
    left join visits on volunteers.volunteer_id = visits.volunteer_id
    left join asked on volunteers.volunteer_id = asked.volunteer_id
    left join weeks on volunteers.volunteer_id = weeks.volunteer_id
    left join asked_often_at($as_of, $until_entry, $offers_per_week_max) as often
        on volunteers.volunteer_id = often.volunteer_id

)

select
    *,
    status = 'ready'
    and n_completed_lately = 0
    and n_ahead = 0
    and joined_at <= $local_now::timestamp - to_days($idle_days) as is_idle,
    status <> 'left' and (n_this_week > $comfortable_visits_per_week or is_asked_often) as is_overused
from told
order by volunteer_id
