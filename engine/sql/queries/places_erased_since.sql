-- places_erased_since: what a run had seen of residents whose place was removed after it: them, as volunteer and in
-- their requests. party_id is a resident_id, volunteer_id or request_id.
-- Grain:  resident_id, party_id.
-- Needs:  facts.resident_registered, facts.fact_redacted, facts.volunteer_registered, facts.request_submitted.
-- Params: $entry_no, the run's own entry; $input_entry_no, the last entry it saw.
with

registered as (

    select
        resident_id,
        entry_no,
        row_number() over (partition by entry_no order by rowid) as nth
    from facts.resident_registered

),

erased as (

    select distinct registered.resident_id
    from facts.fact_redacted as redacted
    inner join registered
        on redacted.in_entry_no = registered.entry_no and redacted.nth = registered.nth
    where
        redacted.fact = 'resident_registered'
        and redacted.entry_no > $entry_no
        and redacted.in_entry_no <= $input_entry_no

)

select
    resident_id,
    resident_id as party_id
from erased
union
select
    volunteers.resident_id,
    volunteers.volunteer_id as party_id
from facts.volunteer_registered as volunteers
semi join erased on volunteers.resident_id = erased.resident_id
union
select
    requests.resident_id,
    requests.request_id as party_id
from facts.request_submitted as requests
semi join erased on requests.resident_id = erased.resident_id
order by resident_id, party_id
