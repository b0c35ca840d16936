-- volunteer_weeks: what every volunteer has left of each week of the horizon: visits, open offers and what waits to be
-- offered are taken off, and nobody is planned for more visits than there are offers left.
-- Grain:  volunteer_id, week (its Monday).
-- Needs:  volunteers, residents_at, commitments_at, facts.offer_sent.
-- Params: $as_of (UTC), $until_entry, $local_now, $horizon_days, $visits_per_week_max, $minutes_per_week_max,
--         $offers_per_week_max.
with

weeks as (

    select cast(unnest(generate_series(
        date_trunc('week', $local_now::timestamp),
        date_trunc('week', $local_now::timestamp + to_days($horizon_days)),
        interval 7 day
    )) as date) as week

),

agreed as (

    select
        visits.volunteer_id,
        date_trunc('week', visits.starts_at)::date as week,
        count(*) as n_agreed,
        count(*) filter (where residents.municipality_code <> volunteers.municipality_code) as n_lent,
        sum(visits.minutes) as minutes_agreed
    from commitments_at($as_of, $until_entry) as visits
    inner join volunteers
        on visits.volunteer_id = volunteers.volunteer_id
    inner join residents_at($as_of, $until_entry) as residents
        on visits.resident_id = residents.resident_id
    group by visits.volunteer_id, week

),

asked as (

    select
        volunteer_id,
        count(*) as n_asked
    from facts.offer_sent
    where
        occurred_at <= $as_of::timestamp
        and entry_no <= $until_entry
        and occurred_at > $as_of::timestamp - interval 7 day
    group by volunteer_id

)

select
    volunteers.volunteer_id,
    weeks.week,
    volunteers.municipality_code,
    coalesce(agreed.n_agreed, 0)::bigint as n_agreed,
    coalesce(agreed.n_lent, 0)::bigint as n_lent,
    least(
        least(coalesce(volunteers.visits_per_week, $visits_per_week_max), $visits_per_week_max)
        - coalesce(agreed.n_agreed, 0),
        $offers_per_week_max - coalesce(asked.n_asked, 0)
    ) as visits_left,
    least(coalesce(volunteers.minutes_per_week, $minutes_per_week_max), $minutes_per_week_max)
    - coalesce(agreed.minutes_agreed, 0) as minutes_left
from volunteers
cross join weeks
left join agreed
    on volunteers.volunteer_id = agreed.volunteer_id and weeks.week = agreed.week
left join asked on volunteers.volunteer_id = asked.volunteer_id
order by volunteers.volunteer_id, weeks.week
