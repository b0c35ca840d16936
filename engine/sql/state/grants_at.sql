-- grants_at: decisions on who may ask for what; the newest from a day holds, so that one can be cut short.
-- Grain:  resident_id, service, valid_from.
-- Needs:  facts.grant_decided.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro grants_at(as_of, until_entry := 9223372036854775807) as table
    select
        resident_id,
        service,
        valid_from,
        valid_to,
        decision
    from facts.grant_decided
    -- The newest of each; a semi-join costs half of what numbering the rows does.
    where rowid in (
        select arg_max(rowid, (occurred_at, entry_no, rowid))
        from facts.grant_decided
        where occurred_at <= as_of and entry_no <= until_entry
        group by resident_id, service, valid_from
    );
