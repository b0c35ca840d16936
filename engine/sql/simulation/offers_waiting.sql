-- offers_waiting: offers without an answer that could be answered since a moment, with what moves their volunteers.
-- Grain:  offer_id.
-- Needs:  offers_at, visits_at, facts.request_submitted, facts.offer_sent.
-- Params: $as_of (UTC), $until_entry, $since (UTC).
with

waiting as (

    select * from offers_at($as_of, $until_entry)
    where status in ('sent', 'expired') and expires_at > $since::timestamp

),

asked_before as (

    select
        waiting.offer_id,
        max(earlier.occurred_at) as asked_at
    from waiting
    inner join facts.offer_sent as earlier
        on waiting.volunteer_id = earlier.volunteer_id
    where earlier.occurred_at < waiting.sent_at and earlier.entry_no <= $until_entry
    group by waiting.offer_id

),

visited as (

    select
        waiting.offer_id,
        count(*) as n_visits
    from waiting
    inner join visits_at($as_of, $until_entry) as visits
        on waiting.volunteer_id = visits.volunteer_id
    where
        visits.status = 'completed'
        and visits.ended_at <= waiting.sent_at
        and visits.ended_at > waiting.sent_at - interval 28 day
    group by waiting.offer_id

)

select
    waiting.offer_id,
    waiting.request_id,
    waiting.volunteer_id,
    waiting.sent_at,
    waiting.expires_at,
    waiting.distance_km,
    requests.service,
    coalesce(visited.n_visits, 0) as n_recent_visits,
    (epoch(waiting.sent_at) - epoch(asked_before.asked_at)) / 86400 as days_since_asked
from waiting
inner join facts.request_submitted as requests
    on waiting.request_id = requests.request_id
left join asked_before on waiting.offer_id = asked_before.offer_id
left join visited on waiting.offer_id = visited.offer_id
order by waiting.sent_at, waiting.offer_id
