-- steps_taken: the named steps of a simulated pilot that are in the log.
-- Grain:  idempotency_key.
-- Needs:  facts.entry.
select
    idempotency_key,
    entry_no
from facts.entry
where starts_with(idempotency_key, 'simulate:') or starts_with(idempotency_key, 'run:')
order by entry_no
