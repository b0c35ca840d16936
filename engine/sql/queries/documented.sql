-- documented: when something was last recorded of the services with documentation duty that a resident had.
-- Grain:  resident_id.
-- Needs:  requests_at, visits_at, series_at, grants_at.
-- Tables: kept_rule (service, rule, months).
-- Params: $as_of (UTC), $local_now.
with

events as (

    select
        resident_id,
        service,
        greatest(requested_at, latest_at) as recorded_at
    from requests_at($as_of)
    union all
    select
        visits.resident_id,
        requests.service,
        greatest(visits.ends_at, coalesce(visits.ended_at, visits.ends_at)) as recorded_at
    from visits_at($as_of) as visits
    inner join requests_at($as_of) as requests on visits.request_id = requests.request_id
    union all
    select
        resident_id,
        service,
        started_at as recorded_at
    from series_at($as_of)
    union all
    select
        resident_id,
        service,
        least(coalesce(valid_to::timestamp, $local_now), $local_now) as recorded_at
    from grants_at($as_of)

)

select
    events.resident_id,
    arg_max(kept_rule.rule, events.recorded_at + to_months(kept_rule.months::integer)) as rule,
    max(events.recorded_at + to_months(kept_rule.months::integer)) as kept_until
from events
inner join kept_rule on events.service = kept_rule.service
group by events.resident_id
order by events.resident_id
