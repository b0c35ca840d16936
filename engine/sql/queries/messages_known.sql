-- messages_known: which of the named messages were queued before, and what the addressees speak, one after the other.
-- Grain:  message_id for the former (resident_id is null), resident_id for the latter (message_id is null).
-- Needs:  facts.message_queued, facts.resident_registered.
-- Params: $message_ids, $resident_ids.
with

queued as (

    select distinct message_id
    from facts.message_queued
    where message_id in (select unnest($message_ids::varchar[]))

),

addressees as (

    select
        resident_id,
        arg_max(languages, (occurred_at, entry_no, rowid)) as languages
    from facts.resident_registered
    where resident_id in (select unnest($resident_ids::varchar[]))
    group by resident_id

)

select
    message_id,
    null::varchar as resident_id,
    null::varchar[] as languages
from queued
union all
select
    null as message_id,
    resident_id,
    languages
from addressees
order by message_id, resident_id
