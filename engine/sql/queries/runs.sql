-- runs: every stored match run.
-- Grain:  run_id.
-- Needs:  facts.run_made.
select * from facts.run_made
order by entry_no, run_id
