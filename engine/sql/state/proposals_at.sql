-- proposals_at: what the newest run proposes.
-- Grain:  request_id, volunteer_id, starts_at.
-- Needs:  facts.proposal_made, runs_at.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro proposals_at(as_of, until_entry := 9223372036854775807) as table
    select proposals.* exclude (entry_no, occurred_at, recorded_at, actor_id)
    from facts.proposal_made as proposals
    inner join runs_at(as_of, until_entry) as runs
        on proposals.run_id = runs.run_id
    where
        runs.nth_newest = 1
        and proposals.occurred_at <= as_of
        and proposals.entry_no <= until_entry;
