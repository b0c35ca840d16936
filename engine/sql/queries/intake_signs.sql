-- intake_signs: what can be known of a request's chance when it is entered, at the prices of the newest run.
-- A volunteer's time in a week costs what the newest run makes of it: the value of its proposals less the prices of their
-- requests. It costs nothing at a start that fits beside these proposals.
-- Grain:  request_id.
-- Needs:  open_requests, run_requests, priced_candidates, volunteer_weeks, runs_at, visits_at, commitments_at, facts.proposal_made, facts.price_found.
-- Params: $as_of (UTC), $until_entry, $rest_minutes, $local_now.
with

newest as (

    select run_id from runs_at($as_of, $until_entry)
    where nth_newest = 1

),

prices as (

    select
        price_found.row,
        price_found.price
    from facts.price_found as price_found
    inner join newest on price_found.run_id = newest.run_id
    where price_found.leaf = 0

),

agreed as (

    select
        request_id,
        volunteer_id
    from visits_at($as_of, $until_entry)
    union
    select
        request_id,
        volunteer_id
    from commitments_at($as_of, $until_entry)

),

proposed as (

    select
        made.volunteer_id,
        made.starts_at,
        made.ends_at,
        made.minutes,
        date_trunc('week', made.starts_at)::date as week,
        made.value - coalesce(prices.price, 0) as points
    from facts.proposal_made as made
    inner join newest on made.run_id = newest.run_id
    left join prices on 'request:' || made.request_id = prices.row
    anti join agreed on made.request_id = agreed.request_id and made.volunteer_id = agreed.volunteer_id

),

taken as (

    select
        volunteer_id,
        week,
        count(*) as n_visits,
        coalesce(sum(minutes), 0) as minutes,
        greatest(0, sum(points)) as points
    from proposed
    group by volunteer_id, week

),

overlapping as (

    select distinct
        candidates.request_id,
        candidates.volunteer_id,
        candidates.starts_at
    from priced_candidates as candidates
    inner join proposed
        on
            candidates.volunteer_id = proposed.volunteer_id
            and candidates.starts_at < proposed.ends_at + to_minutes($rest_minutes)
            and proposed.starts_at < candidates.ends_at + to_minutes($rest_minutes)

),

offered as (

    select
        candidates.request_id,
        candidates.volunteer_id,
        candidates.starts_at,
        candidates.value,
        coalesce(taken.points, 0) as time_points,
        overlapping.request_id is null
        and weeks.visits_left - coalesce(taken.n_visits, 0) >= 1
        and weeks.minutes_left - coalesce(taken.minutes, 0) >= candidates.minutes as is_free
    from priced_candidates as candidates
    inner join volunteer_weeks as weeks
        on candidates.volunteer_id = weeks.volunteer_id and candidates.week = weeks.week
    left join taken
        on candidates.volunteer_id = taken.volunteer_id and candidates.week = taken.week
    left join overlapping
        on
            candidates.request_id = overlapping.request_id
            and candidates.volunteer_id = overlapping.volunteer_id
            and candidates.starts_at = overlapping.starts_at

),

of_request as (

    select
        request_id,
        count(distinct volunteer_id) as n_candidates,
        count(distinct volunteer_id) filter (where is_free) as n_free,
        max(value) as best_points,
        max(value - if(is_free, 0, time_points)) as left_points,
        min(starts_at) as first_at,
        max(starts_at) as last_at
    from offered
    group by request_id

)

select
    open_requests.request_id,
    run_requests.rule,
    open_requests.minutes,
    open_requests.urgency,
    open_requests.n_needed,
    coalesce(of_request.n_candidates, 0) as n_candidates,
    coalesce(of_request.n_free, 0) as n_free,
    case
        when of_request.best_points > 0 then greatest(0, least(1, of_request.left_points / of_request.best_points))
        else 0
    end as left_share,
    greatest(0, epoch(open_requests.to_at) - epoch(open_requests.from_at)) / 86400 as window_days,
    greatest(0, epoch(open_requests.to_at) - epoch($local_now::timestamp)) / 86400 as days_ahead,
    coalesce(of_request.first_at, open_requests.from_at) as first_at,
    coalesce(of_request.last_at, open_requests.to_at - to_minutes(open_requests.minutes)) as last_at
from open_requests
inner join run_requests on open_requests.request_id = run_requests.request_id
left join of_request on open_requests.request_id = of_request.request_id
order by open_requests.request_id
