-- log_head: the entry that a new one follows, with its chain, and the entry an idempotency key was used for, if any.
-- Grain:  is_done, at most two rows. One look costs less than two.
-- Params: $last_entry_no, $idempotency_key.
select
    false as is_done,
    chain
from facts.entry
where entry_no = $last_entry_no
union all
select
    true as is_done,
    chain
from facts.entry
where idempotency_key = $idempotency_key
