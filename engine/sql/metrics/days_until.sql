-- days_until: how long requests waited until a first volunteer was asked, or said yes.
-- Measure:     days from asking to the first offer or yes; amount 1 when there was one. days is null for a request that
--              ended without one, which is never; one still open has waited until now.
-- Denominator: eligible requests asked for in the period.
-- Unit:        days.
-- Grain:  request_id.
-- Needs:  measured_requests, measured_offers, measured_visits.
-- Params: $as_of, $from_at, $to_at (UTC); $step, sent (offers) or agreed (visits).
with

steps as (

    select
        request_id,
        sent_at as taken_at
    from measured_offers
    where $step = 'sent'
    union all
    select
        request_id,
        agreed_at as taken_at
    from measured_visits
    where $step = 'agreed'

),

firsts as (

    select
        request_id,
        min(taken_at) as first_at
    from steps
    group by request_id

)

select
    asked.resident_id as person_id,
    asked.municipality_code,
    asked.service,
    asked.age_band,
    asked.language,
    asked.asked_at as counted_at,
    (firsts.first_at is not null)::double as amount,
    1.0::double as base,
    case
        when firsts.first_at is not null or not asked.has_ended
            then greatest(0, epoch(coalesce(firsts.first_at, $as_of::timestamp) - asked.requested_at) / 86400)
    end as days
from measured_requests as asked
left join firsts on asked.request_id = firsts.request_id
where asked.is_eligible and asked.requested_at >= $from_at and asked.requested_at < $to_at
order by asked.request_id
