-- relations_at: what holds between a resident and a volunteer, where anything does.
-- Grain:  resident_id, volunteer_id.
-- Needs:  facts.relation_stated.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro relations_at(as_of, until_entry := 9223372036854775807) as table
    with

    newest as (

        select
            resident_id,
            volunteer_id,
            kind
        from facts.relation_stated
        -- The newest of each; a semi-join costs half of what numbering the rows does.
        where rowid in (
            select arg_max(rowid, (occurred_at, entry_no, rowid))
            from facts.relation_stated
            where occurred_at <= as_of and entry_no <= until_entry
            group by resident_id, volunteer_id
        )

    )

    select * from newest
    where kind <> 'none';
