-- results: what came of a simulated pilot, counted from the state at its end.
-- Grain:  one row.
-- Needs:  requests_at, visits_at, offers_at, volunteers_at, facts.run_made.
-- Params: $as_of (UTC), $until_entry.
with

requests as (

    select
        count(*) as n_requests,
        count(*) filter (where status = 'completed') as n_completed,
        count(*) filter (where status = 'agreed') as n_agreed,
        count(*) filter (where status in ('submitted', 'planned', 'offered')) as n_open,
        count(*) filter (where status = 'expired') as n_expired,
        count(*) filter (where status = 'missed') as n_missed,
        count(*) filter (where status = 'withdrawn') as n_withdrawn,
        count(*) filter (where status = 'cancelled') as n_cancelled
    from requests_at($as_of, $until_entry)

),

visits as (

    select
        count(*) as n_visits,
        count(*) filter (where status = 'completed') as n_visits_completed,
        count(*) filter (where status = 'cancelled') as n_visits_cancelled,
        count(*) filter (where status = 'missed') as n_visits_missed,
        count(distinct volunteer_id) filter (where status = 'completed') as n_volunteers_used
    from visits_at($as_of, $until_entry)

),

offers as (

    select
        count(*) as n_offers,
        count(*) filter (where status = 'accepted') as n_accepted,
        avg(distance_km) filter (where status = 'accepted') as mean_km
    from offers_at($as_of, $until_entry)

),

volunteers as (

    select
        count(*) as n_volunteers,
        count(*) filter (where left_at is not null) as n_left
    from volunteers_at($as_of, $until_entry)

),

runs as (

    select
        count(*) as n_runs,
        count(*) filter (where proof = 'optimal') as n_runs_optimal
    from facts.run_made
    where occurred_at <= $as_of and entry_no <= $until_entry

)

select *
from requests
cross join visits
cross join offers
cross join volunteers
cross join runs
