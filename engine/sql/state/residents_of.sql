-- residents_of: some residents as last registered; residents_at works out everybody.
-- Grain:  resident_id.
-- Needs:  facts.resident_registered.
-- Params: as_of (UTC), what had happened; resident_ids varchar[]; until_entry, what was known.
create or replace macro residents_of(as_of, resident_ids, until_entry := 9223372036854775807) as table
    select
        resident_id,
        municipality_code,
        birth_year,
        languages,
        protected_identity
    from facts.resident_registered
    where rowid in (
        select arg_max(rowid, (occurred_at, entry_no, rowid))
        from facts.resident_registered
        where list_contains(resident_ids, resident_id) and occurred_at <= as_of and entry_no <= until_entry
        group by resident_id
    );
