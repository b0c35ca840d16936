-- shadow_differences: visits that a run in the shadow would have proposed and the run beside it did not, or the other
-- way round; a visit at another time is both.
-- Grain:  request_id, volunteer_id, starts_at.
-- Needs:  facts.shadow_run_made, facts.shadow_proposal_made, facts.proposal_made, request_residents_at, residents_at,
--         volunteers_at.
-- Params: $as_of (UTC), $until_entry, $shadow_run_id.
with

shadow_run as (

    select
        shadow_run_id,
        run_id
    from facts.shadow_run_made
    where shadow_run_id = $shadow_run_id and run_id is not null

),

shadow as (

    select
        proposals.request_id,
        proposals.volunteer_id,
        proposals.starts_at
    from facts.shadow_proposal_made as proposals
    inner join shadow_run on proposals.shadow_run_id = shadow_run.shadow_run_id

),

proposed as (

    select
        proposals.request_id,
        proposals.volunteer_id,
        proposals.starts_at
    from facts.proposal_made as proposals
    inner join shadow_run on proposals.run_id = shadow_run.run_id

),

visits as (

    select
        coalesce(shadow.request_id, proposed.request_id) as request_id,
        coalesce(shadow.volunteer_id, proposed.volunteer_id) as volunteer_id,
        coalesce(shadow.starts_at, proposed.starts_at) as starts_at,
        shadow.request_id is not null as is_in_shadow
    from shadow
    full outer join proposed
        on
            shadow.request_id = proposed.request_id
            and shadow.volunteer_id = proposed.volunteer_id
            and shadow.starts_at = proposed.starts_at
    where shadow.request_id is null or proposed.request_id is null

)

select
    visits.request_id,
    visits.volunteer_id,
    visits.starts_at,
    visits.is_in_shadow,
    asking.resident_id,
    volunteers.resident_id as volunteer_resident_id,
    residents.municipality_code,
    volunteers.municipality_code as volunteer_municipality_code
from visits
left join request_residents_at($as_of, $until_entry) as asking on visits.request_id = asking.request_id
left join residents_at($as_of, $until_entry) as residents on asking.resident_id = residents.resident_id
left join volunteers_at($as_of, $until_entry) as volunteers on visits.volunteer_id = volunteers.volunteer_id
order by visits.request_id asc, visits.is_in_shadow desc, visits.starts_at asc, visits.volunteer_id asc
