-- run_requests: the requests a match run looks at, and the rule that keeps one from any volunteer, if any.
-- Grain:  request_id; rule is null for a request that may be served.
-- Needs:  open_requests, asking_days.
with

asking as (

    select distinct request_id from asking_days

)

select
    open_requests.request_id,
    open_requests.n_needed,
    open_requests.municipality_code,
    case
        when open_requests.protected_identity then 'protected_identity'
        when open_requests.latest_at - open_requests.earliest_at < to_minutes(open_requests.minutes)
            then 'window_too_short'
        when
            open_requests.to_at - open_requests.from_at < to_minutes(open_requests.minutes)
            then 'window_too_soon'
        when asking.request_id is null then 'may_not_ask'
    end as rule
from open_requests
left join asking on open_requests.request_id = asking.request_id
order by open_requests.request_id
