-- visit_outcomes: visits with their request, what became of them and what both sides said.
-- nth_together: how many completed visits of this volunteer to this resident there had been by then, this one included.
-- Grain:  visit_id.
-- Needs:  visits_at, requests_at, volunteers_at, feedback_at, incidents_at.
-- Params: $as_of (UTC), $until_entry, $from_at, $to_at (local; starts lie between).
with

visits as (

    select
        *,
        count(*) filter (where status = 'completed') over (
            partition by resident_id, volunteer_id
            order by starts_at, visit_id
        ) as nth_together
    from visits_at($as_of, $until_entry)

),

feedback as (

    select
        visit_id,
        max(rating) filter (where side = 'resident') as resident_rating,
        max(rating) filter (where side = 'volunteer') as volunteer_rating,
        bool_or(again) filter (where side = 'resident') as resident_again,
        bool_or(again) filter (where side = 'volunteer') as volunteer_again
    from feedback_at($as_of, $until_entry)
    group by visit_id

),

incidents as (

    select
        visit_id,
        count(*) as n_incidents
    from incidents_at($as_of, $until_entry)
    where visit_id is not null
    group by visit_id

)

select
    visits.visit_id,
    visits.status,
    visits.starts_at,
    visits.ends_at,
    visits.request_id,
    requests.series_id,
    requests.service,
    visits.resident_id,
    visits.volunteer_id,
    volunteers.resident_id as volunteer_resident_id,
    requests.municipality_code,
    volunteers.municipality_code as volunteer_municipality_code,
    visits.side,
    visits.is_late,
    visits.reason_code,
    visits.minutes_spent,
    visits.nth_together,
    feedback.resident_rating,
    feedback.volunteer_rating,
    feedback.resident_again,
    feedback.volunteer_again,
    coalesce(incidents.n_incidents, 0) as n_incidents
from visits
inner join requests_at($as_of, $until_entry) as requests
    on visits.request_id = requests.request_id
left join volunteers_at($as_of, $until_entry) as volunteers
    on visits.volunteer_id = volunteers.volunteer_id
left join feedback on visits.visit_id = feedback.visit_id
left join incidents on visits.visit_id = incidents.visit_id
where visits.starts_at >= $from_at::timestamp and visits.starts_at < $to_at::timestamp
order by visits.starts_at desc, visits.visit_id asc
