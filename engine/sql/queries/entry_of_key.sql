-- entry_of_key: the entry that an idempotency key was used for, if any.
-- Grain:  at most one row.
-- Params: $idempotency_key.
select entry_no
from facts.entry
where idempotency_key = $idempotency_key
