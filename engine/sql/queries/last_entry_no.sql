-- last_entry_no: the newest log entry, 0 when there is none.
-- Grain:  one row.
select coalesce(max(entry_no), 0) as last_entry_no from facts.entry
