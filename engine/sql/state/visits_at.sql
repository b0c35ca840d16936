-- visits_at: visits as agreed, with what became of them: 'agreed' until an outcome is known; side says by whom it was
-- missed or cancelled.
-- Grain:  visit_id.
-- Needs:  facts.visit_agreed, facts.visit_ended, request_residents_at.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro visits_at(as_of, until_entry := 9223372036854775807) as table
    with

    agreed as (

        select
            visit_id,
            request_id,
            volunteer_id,
            starts_at,
            ends_at,
            minutes,
            occurred_at as agreed_at
        from facts.visit_agreed
        -- The newest of each; a semi-join costs half of what numbering the rows does.
        where rowid in (
            select arg_max(rowid, (occurred_at, entry_no, rowid))
            from facts.visit_agreed
            where occurred_at <= as_of and entry_no <= until_entry
            group by visit_id
        )

    ),

    ended as (

        select
            visit_id,
            outcome,
            side,
            is_late,
            minutes as minutes_spent,
            reason_code,
            occurred_at as ended_at
        from facts.visit_ended
        -- The newest of each; a semi-join costs half of what numbering the rows does.
        where rowid in (
            select arg_max(rowid, (entry_no, rowid))
            from facts.visit_ended
            where occurred_at <= as_of and entry_no <= until_entry
            group by visit_id
        )

    )

    select
        agreed.*,
        ended.ended_at,
        ended.side,
        ended.is_late,
        ended.minutes_spent,
        ended.reason_code,
        requests.resident_id,
        coalesce(ended.outcome, 'agreed') as status
    from agreed
    left join ended on agreed.visit_id = ended.visit_id
    left join request_residents_at(as_of, until_entry) as requests
        on agreed.request_id = requests.request_id;
