-- message_known: whether a message was queued before, and what its addressee speaks; languages are null for nobody.
-- Grain:  one row.
-- Needs:  facts.message_queued, facts.resident_registered.
-- Params: $message_id, $resident_id.
with

same as (

    select count(*) > 0 as is_queued
    from facts.message_queued
    where message_id = $message_id

),

addressees as (

    select languages
    from facts.resident_registered
    where resident_id = $resident_id
    order by occurred_at desc, entry_no desc, rowid desc
    limit 1

)

select
    same.is_queued,
    addressees.languages
from same
left join addressees on true
