-- request_fates: requests whose window has closed and that some run looked at: when first, and whether they were served.
-- Served is: as many visits as needed were agreed and not lost; in a pilot without any visits, one run proposed as many.
-- Requests withdrawn without having been visited are left out: nobody knows what would have become of them.
-- Grain:  request_id.
-- Needs:  requests_at, visits_at, runs_at, facts.proposal_made, facts.request_unmatched.
-- Params: $as_of (UTC), $until_entry, $local_now.
with

runs as (

    select
        run_id,
        as_of,
        input_entry_no
    from runs_at($as_of, $until_entry)

),

looks as (

    select
        request_id,
        run_id
    from facts.proposal_made
    union
    select
        request_id,
        run_id
    from facts.request_unmatched

),

first_looks as (

    select
        looks.request_id,
        arg_min(runs.run_id, (runs.as_of, runs.input_entry_no)) as run_id,
        min(runs.as_of) as looked_at,
        arg_min(runs.input_entry_no, (runs.as_of, runs.input_entry_no)) as input_entry_no
    from looks
    inner join runs on looks.run_id = runs.run_id
    group by looks.request_id

),

visits as (

    select
        request_id,
        count(*) filter (where status in ('agreed', 'completed')) as n_given,
        min(starts_at) filter (where status in ('agreed', 'completed')) as starts_at
    from visits_at($as_of, $until_entry)
    group by request_id

),

of_runs as (

    select
        made.request_id,
        made.run_id,
        count(*) as n_given,
        min(made.starts_at) as starts_at
    from facts.proposal_made as made
    inner join runs on made.run_id = runs.run_id
    group by made.request_id, made.run_id

),

proposals as (

    select
        request_id,
        max(n_given) as n_given,
        arg_max(starts_at, n_given) as starts_at
    from of_runs
    group by request_id

),

given as (

    select * from visits
    union all by name
    select * from proposals
    where not exists (select 1 from visits)

)

select
    requests.request_id,
    first_looks.run_id,
    first_looks.looked_at,
    first_looks.input_entry_no,
    requests.latest_at as closed_at,
    coalesce(given.n_given, 0) >= requests.volunteers_needed as is_served,
    given.starts_at
from requests_at($as_of, $until_entry) as requests
inner join first_looks on requests.request_id = first_looks.request_id
left join given on requests.request_id = given.request_id
left join visits on requests.request_id = visits.request_id
where
    requests.latest_at <= $local_now::timestamp
    and (requests.status not in ('withdrawn', 'cancelled') or coalesce(visits.n_given, 0) >= requests.volunteers_needed)
order by first_looks.looked_at, requests.request_id
