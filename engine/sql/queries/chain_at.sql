-- chain_at: the chain of a log entry.
-- Grain:  entry_no, at most one row.
-- Params: $entry_no.
select chain from facts.entry
where entry_no = $entry_no
