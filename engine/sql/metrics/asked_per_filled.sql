-- asked_per_filled: how many volunteers were asked for a request, and whether it got all it needed.
-- Measure:     volunteers asked for each request that got all its volunteers.
-- Denominator: requests asked for in the period with as many visits agreed or completed as they need; volunteers asked
--              for requests that were never filled count above the line too.
-- Unit:        volunteers per request.
-- Grain:  request_id.
-- Needs:  measured_requests, measured_offers, measured_visits.
-- Params: $from_at, $to_at (UTC).
with

offered as (

    select
        request_id,
        count(distinct volunteer_id) as n_asked
    from measured_offers
    group by request_id

),

agreed as (

    select
        request_id,
        count(*) as n_agreed
    from measured_visits
    where status in ('agreed', 'completed')
    group by request_id

)

select
    asked.resident_id as person_id,
    asked.municipality_code,
    asked.service,
    asked.age_band,
    asked.language,
    asked.asked_at as counted_at,
    offered.n_asked::double as amount,
    (coalesce(agreed.n_agreed, 0) >= asked.volunteers_needed)::double as base
from measured_requests as asked
inner join offered on asked.request_id = offered.request_id
left join agreed on asked.request_id = agreed.request_id
where asked.requested_at >= $from_at and asked.requested_at < $to_at
order by asked.request_id
