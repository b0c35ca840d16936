-- overrides_at: pairs a coordinator pinned or forbade, and did not lift again.
-- Grain:  request_id, volunteer_id.
-- Needs:  facts.override_stated.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro overrides_at(as_of, until_entry := 9223372036854775807) as table
    with

    newest as (

        select
            request_id,
            volunteer_id,
            starts_at,
            kind,
            reason_code
        from facts.override_stated
        -- The newest of each; a semi-join costs half of what numbering the rows does.
        where rowid in (
            select arg_max(rowid, (occurred_at, entry_no, rowid))
            from facts.override_stated
            where occurred_at <= as_of and entry_no <= until_entry
            group by request_id, volunteer_id
        )

    )

    select * from newest
    where kind <> 'lifted';
