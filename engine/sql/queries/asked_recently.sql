-- asked_recently: how many offers each volunteer was sent in the last seven days.
-- Grain:  volunteer_id.
-- Needs:  facts.offer_sent.
-- Params: $as_of (UTC), $until_entry.
select
    volunteer_id,
    count(*) as n_asked
from facts.offer_sent
where
    occurred_at <= $as_of::timestamp
    and entry_no <= $until_entry
    and occurred_at > $as_of::timestamp - interval 7 day
group by volunteer_id
order by volunteer_id
