-- log_head: the newest log entry, 0 when there is none, and its chain.
-- Grain:  one row.
select
    coalesce(max(entry_no), 0) as entry_no,
    arg_max(chain, entry_no) as chain
from facts.entry
