-- answers_at: the newest answer of each volunteer to each request.
-- Grain:  request_id, volunteer_id.
-- Needs:  facts.offer_answered.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro answers_at(as_of, until_entry := 9223372036854775807) as table
    select
        request_id,
        volunteer_id,
        response,
        reason_code,
        occurred_at as answered_at
    from facts.offer_answered
    -- The newest of each; a semi-join costs half of what numbering the rows does.
    where rowid in (
        select arg_max(rowid, (occurred_at, entry_no, rowid))
        from facts.offer_answered
        where occurred_at <= as_of and entry_no <= until_entry
        group by request_id, volunteer_id
    );
