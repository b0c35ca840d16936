-- handling_cost: what the coordinators' time for each request costs, by the assumptions of the pilot, and what it led to.
-- Measure:     SEK of handling for each completed visit, or hour of one; requests that came to nothing cost too.
-- Denominator: completed visits, or their hours, of requests asked for in the period.
-- Unit:        SEK per visit or hour.
-- Grain:  request_id.
-- Needs:  measured_requests, measured_offers, measured_visits, incidents_at.
-- Params: $as_of, $from_at, $to_at (UTC), $until_entry; $in_hours; $sek_per_minute, $minutes_per_request,
--         $minutes_per_offer, $minutes_per_visit, $minutes_per_incident, by data/reference/costs.toml.
with

offered as (

    select
        request_id,
        count(*) as n_offers
    from measured_offers
    group by request_id

),

visited as (

    select
        request_id,
        count(*) as n_visits,
        count(*) filter (where status = 'completed') as n_completed,
        sum(coalesce(minutes_spent, epoch(ends_at - starts_at) / 60)) filter (where status = 'completed') / 60 as hours
    from measured_visits
    group by request_id

),

happened as (

    select
        visits.request_id,
        count(*) as n_incidents
    from incidents_at($as_of, $until_entry) as incidents
    inner join measured_visits as visits on incidents.visit_id = visits.visit_id
    group by visits.request_id

)

select
    asked.resident_id as person_id,
    asked.municipality_code,
    asked.service,
    asked.age_band,
    asked.language,
    asked.asked_at as counted_at,
    (
        $minutes_per_request::double
        + $minutes_per_offer::double * coalesce(offered.n_offers, 0)
        + $minutes_per_visit::double * coalesce(visited.n_visits, 0)
        + $minutes_per_incident::double * coalesce(happened.n_incidents, 0)
    ) * $sek_per_minute::double as amount,
    if($in_hours::boolean, coalesce(visited.hours, 0), coalesce(visited.n_completed, 0))::double as base
from measured_requests as asked
left join offered on asked.request_id = offered.request_id
left join visited on asked.request_id = visited.request_id
left join happened on asked.request_id = happened.request_id
where asked.requested_at >= $from_at and asked.requested_at < $to_at
order by asked.request_id
