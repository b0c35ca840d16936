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
            select arg_max(newest.rowid, (newest.occurred_at, newest.entry_no, newest.rowid))
            from facts.override_stated as newest
            where newest.occurred_at <= as_of and newest.entry_no <= until_entry
            group by newest.request_id, newest.volunteer_id
        )

    )

    select * from newest
    where kind <> 'lifted';
