-- volunteers_here: volunteers, since when they are idle, how often they helped of late, and whether they have left.
-- Grain:  volunteer_id.
-- Needs:  volunteers_at, visits_at.
-- Params: $as_of (UTC), $until_entry, $start (UTC): nobody counts as idle from before.
with

visits as (

    select
        volunteer_id,
        max(ended_at) as last_at,
        count(*) filter (where ended_at > $as_of::timestamp - interval 28 day) as n_recent_visits
    from visits_at($as_of, $until_entry)
    where status = 'completed'
    group by volunteer_id

)

select
    volunteers.volunteer_id,
    volunteers.joined_at,
    volunteers.left_at is not null as has_left,
    (epoch($as_of::timestamp) - epoch(greatest(
        volunteers.joined_at, $start::timestamp, coalesce(visits.last_at, $start::timestamp)
    ))) / 86400 as days_idle,
    coalesce(visits.n_recent_visits, 0) as n_recent_visits
from volunteers_at($as_of, $until_entry) as volunteers
left join visits on volunteers.volunteer_id = visits.volunteer_id
order by volunteers.volunteer_id
