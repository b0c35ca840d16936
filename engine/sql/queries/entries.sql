-- entries: the log's entries: who did what when, and how many facts each wrote; for the audit trail.
-- Grain:  entry_no.
select
    entry_no,
    recorded_at,
    actor_id,
    action,
    n_facts
from facts.entry
order by entry_no
