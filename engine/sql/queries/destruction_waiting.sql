-- destruction_waiting: how many entries of the log destroyed something that may still be in the file, or was found in
-- one of those searched.
-- Grain:  one row.
-- Needs:  facts.person_erased, facts.notes_purged, facts.fact_redacted, facts.file_rewritten.
with

rewritten as (

    select coalesce(max(until_entry), 0) as until_entry
    from facts.file_rewritten
    where n_found = 0

),

destroyed as (

    select entry_no
    from facts.person_erased
    union
    select entry_no
    from facts.notes_purged
    union
    select entry_no
    from facts.fact_redacted

)

select count(*) as n_entries
from destroyed
cross join rewritten
where destroyed.entry_no > rewritten.until_entry
