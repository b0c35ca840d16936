-- checks_at: requirements seen to be met; the newest clearing from a day holds, so that one can be cut short.
-- Grain:  volunteer_id, check_code, valid_from.
-- Needs:  facts.check_cleared.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro checks_at(as_of, until_entry := 9223372036854775807) as table
    select
        volunteer_id,
        check_code,
        valid_from,
        valid_to
    from facts.check_cleared
    -- The newest of each; a semi-join costs half of what numbering the rows does.
    where rowid in (
        select arg_max(rowid, (occurred_at, entry_no, rowid))
        from facts.check_cleared
        where occurred_at <= as_of and entry_no <= until_entry
        group by volunteer_id, check_code, valid_from
    );
