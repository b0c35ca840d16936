-- asked_often_at: volunteers who were asked as often in the last seven days as they may be.
-- Grain:  volunteer_id.
-- Needs:  facts.offer_sent.
-- Params: as_of (UTC), until_entry; offers_per_week_max.
create or replace macro asked_often_at(as_of, until_entry, offers_per_week_max) as table
    select volunteer_id
    from facts.offer_sent
    where occurred_at <= as_of and entry_no <= until_entry and occurred_at > as_of - interval 7 day
    group by volunteer_id
    having count(*) >= offers_per_week_max;
