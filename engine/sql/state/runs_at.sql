-- runs_at: match runs; nth_newest 1 was written last.
-- Grain:  nth_newest, run_id.
-- Needs:  facts.run_made.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro runs_at(as_of, until_entry := 9223372036854775807) as table
    select
        row_number() over (order by entry_no desc, rowid desc) as nth_newest,
        * exclude (recorded_at)
    from facts.run_made
    where occurred_at <= as_of and entry_no <= until_entry;
