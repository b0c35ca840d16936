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
        select arg_max(newest.rowid, (newest.occurred_at, newest.entry_no, newest.rowid))
        from facts.resident_registered as newest
        where newest.occurred_at <= as_of and newest.entry_no <= until_entry
        group by newest.resident_id
    );
