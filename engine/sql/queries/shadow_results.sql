-- shadow_results: what runs in the shadow would have proposed, beside what was proposed.
-- n_served and n_shadow_served: requests with a proposal; n_both: with one from either; n_alike: where all volunteers
-- and starts are the same. value and shadow_value: points of the plan, each by the weights of its own policy. What is not of
-- the shadow is null where it ran beside no run.
-- Grain:  shadow_run_id.
-- Needs:  facts.shadow_run_made, facts.shadow_proposal_made, facts.proposal_made, facts.run_made.
-- Params: $as_of (UTC), $until_entry.
with

shadow_runs as (

    select *
    from facts.shadow_run_made
    where occurred_at <= $as_of and entry_no <= $until_entry

),

shadow as (

    select
        shadow_run_id,
        request_id,
        list((volunteer_id, starts_at) order by volunteer_id, starts_at) as chosen
    from facts.shadow_proposal_made
    group by shadow_run_id, request_id

),

proposed as (

    select
        run_id,
        request_id,
        list((volunteer_id, starts_at) order by volunteer_id, starts_at) as chosen
    from facts.proposal_made
    group by run_id, request_id

),

compared as (

    select
        shadow_runs.shadow_run_id,
        count(*) as n_both,
        count(*) filter (where shadow.chosen = proposed.chosen) as n_alike
    from shadow_runs
    inner join shadow on shadow_runs.shadow_run_id = shadow.shadow_run_id
    inner join proposed on shadow_runs.run_id = proposed.run_id and shadow.request_id = proposed.request_id
    group by shadow_runs.shadow_run_id

),

served as (

    select
        run_id,
        count(*) as n_served
    from proposed
    group by run_id

)

select
    shadow_runs.shadow_run_id,
    shadow_runs.run_id,
    shadow_runs.occurred_at as made_at,
    shadow_runs.as_of,
    shadow_runs.policy,
    shadow_runs.fingerprint,
    shadow_runs.proof,
    shadow_runs.n_requests,
    shadow_runs.n_matched as n_shadow_served,
    if(shadow_runs.run_id is null, null, coalesce(served.n_served, 0)) as n_served,
    if(shadow_runs.run_id is null, null, coalesce(compared.n_both, 0)) as n_both,
    if(shadow_runs.run_id is null, null, coalesce(compared.n_alike, 0)) as n_alike,
    runs.objective as value,
    shadow_runs.objective as shadow_value
from shadow_runs
left join compared on shadow_runs.shadow_run_id = compared.shadow_run_id
left join served on shadow_runs.run_id = served.run_id
left join facts.run_made as runs on shadow_runs.run_id = runs.run_id
order by shadow_runs.occurred_at, shadow_runs.entry_no, shadow_runs.shadow_run_id
