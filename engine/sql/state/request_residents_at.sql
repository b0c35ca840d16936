-- request_residents_at: whose each request is.
-- Grain:  request_id.
-- Needs:  facts.request_submitted.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro request_residents_at(as_of, until_entry := 9223372036854775807) as table
    select
        request_id,
        resident_id
    from facts.request_submitted
    -- The newest of each; a semi-join costs half of what numbering the rows does.
    where rowid in (
        select arg_max(rowid, (occurred_at, entry_no, rowid))
        from facts.request_submitted
        where occurred_at <= as_of and entry_no <= until_entry
        group by request_id
    );
