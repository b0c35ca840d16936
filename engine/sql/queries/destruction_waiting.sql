-- destruction_waiting: how many entries of the log destroyed something since the file was last rewritten.
-- Grain:  one row.
-- Needs:  facts.person_erased, facts.notes_purged, facts.fact_redacted, facts.file_rewritten.
with

rewritten as (

    select coalesce(max(entry_no), 0) as last_entry_no
    from facts.file_rewritten

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
where destroyed.entry_no > rewritten.last_entry_no
