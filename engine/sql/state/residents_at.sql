-- residents_at: residents as last registered.
-- Grain:  resident_id.
-- Needs:  facts.resident_registered.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro residents_at(as_of, until_entry := 9223372036854775807) as table
    select
        resident_id,
        municipality_code,
        lat,
        lon,
        birth_year,
        languages,
        protected_identity
    from facts.resident_registered
    -- The newest of each; a semi-join costs half of what numbering the rows does.
    where rowid in (
        select arg_max(rowid, (occurred_at, entry_no, rowid))
        from facts.resident_registered
        where occurred_at <= as_of and entry_no <= until_entry
        group by resident_id
    );
