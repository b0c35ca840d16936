-- offers_told: offers with what was known of the pair when each was sent, and what became of it.
-- Grain:  offer_id.
-- Needs:  offers_at, visits_at, facts.request_submitted, facts.offer_sent, facts.offer_closed.
-- Params: $as_of (UTC), $until_entry, $since (UTC): offers sent from then on.
with

offers as (

    select * from offers_at($as_of, $until_entry)
    where sent_at >= $since::timestamp

),

asked_before as (

    select
        offers.offer_id,
        max(earlier.occurred_at) filter (where earlier.volunteer_id = offers.volunteer_id) as asked_at,
        count(*) filter (
            where earlier.volunteer_id = offers.volunteer_id and earlier.occurred_at > offers.sent_at - interval 7 day
        ) as n_asked_week,
        count(*) filter (where earlier.request_id = offers.request_id) as n_asked_before
    from offers
    inner join facts.offer_sent as earlier
        on offers.volunteer_id = earlier.volunteer_id or offers.request_id = earlier.request_id
    where earlier.occurred_at < offers.sent_at and earlier.entry_no <= $until_entry
    group by offers.offer_id

),

visited as (

    select
        offers.offer_id,
        count(*) as n_recent_visits
    from offers
    inner join visits_at($as_of, $until_entry) as visits
        on offers.volunteer_id = visits.volunteer_id
    where
        visits.status = 'completed'
        and visits.ended_at <= offers.sent_at
        and visits.ended_at > offers.sent_at - interval 28 day
    group by offers.offer_id

),

closed as (

    select
        offer_id,
        min(occurred_at) as closed_at
    from facts.offer_closed
    where occurred_at <= $as_of and entry_no <= $until_entry
    group by offer_id

)

select
    offers.offer_id,
    offers.request_id,
    offers.volunteer_id,
    offers.sent_at,
    offers.expires_at,
    offers.starts_at,
    offers.status,
    offers.reason_code,
    offers.answered_at,
    closed.closed_at,
    offers.distance_km,
    requests.service,
    coalesce(asked_before.n_asked_week, 0) as n_asked_week,
    coalesce(asked_before.n_asked_before, 0) as n_asked_before,
    coalesce(visited.n_recent_visits, 0) as n_recent_visits,
    (epoch(offers.sent_at) - epoch(asked_before.asked_at)) / 86400 as days_since_asked
from offers
inner join facts.request_submitted as requests
    on offers.request_id = requests.request_id
left join asked_before on offers.offer_id = asked_before.offer_id
left join visited on offers.offer_id = visited.offer_id
left join closed on offers.offer_id = closed.offer_id
order by offers.sent_at, offers.offer_id
