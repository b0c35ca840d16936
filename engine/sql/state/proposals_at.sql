-- proposals_at: what the newest run proposes, what was approved of earlier runs, and what was added by hand.
-- status: 'made', 'approved' (waits to be offered), 'rejected' or 'offered'. By hand there is no run.
-- Grain:  request_id, volunteer_id, run_id.
-- Needs:  facts.proposal_made, facts.proposal_decided, facts.override_stated, facts.offer_sent, runs_at.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro proposals_at(as_of, until_entry := 9223372036854775807) as table
    with

    decided as (

        select
            run_id,
            request_id,
            volunteer_id,
            decision,
            reason_code,
            entry_no as decided_in
        from facts.proposal_decided
        -- The newest of each; a semi-join costs half of what numbering the rows does.
        where rowid in (
            select arg_max(rowid, (entry_no, rowid))
            from facts.proposal_decided
            where occurred_at <= as_of and entry_no <= until_entry
            group by run_id, request_id, volunteer_id
        )

    ),

    by_run as (

        select
            proposals.* exclude (entry_no, occurred_at, recorded_at, actor_id, salt),
            coalesce(decided.decision, 'made') as decision,
            decided.reason_code,
            decided.decided_in
        from facts.proposal_made as proposals
        inner join runs_at(as_of, until_entry) as runs
            on proposals.run_id = runs.run_id
        left join decided
            on
                proposals.run_id = decided.run_id
                and proposals.request_id = decided.request_id
                and proposals.volunteer_id = decided.volunteer_id
        where
            (runs.nth_newest = 1 or decided.decision = 'approved')
            and proposals.occurred_at <= as_of
            and proposals.entry_no <= until_entry

    ),

    by_hand as (

        select
            request_id,
            volunteer_id,
            starts_at,
            ends_at,
            minutes,
            'approved' as decision,
            reason_code,
            entry_no as decided_in,
            kind
        from facts.override_stated
        where occurred_at <= as_of and entry_no <= until_entry
        qualify row_number() over (partition by request_id, volunteer_id order by entry_no desc, rowid desc) = 1

    ),

    proposals as (

        select * from by_run
        union all by name
        select * exclude (kind) from by_hand
        where kind = 'by_hand'

    ),

    offered as (

        select
            request_id,
            volunteer_id,
            max(entry_no) as offered_in
        from facts.offer_sent
        where occurred_at <= as_of and entry_no <= until_entry
        group by request_id, volunteer_id

    )

    select
        proposals.* exclude (decision, decided_in),
        case
            when proposals.decision = 'approved' and offered.offered_in > proposals.decided_in then 'offered'
            else proposals.decision
        end as status
    from proposals
    left join offered
        on proposals.request_id = offered.request_id and proposals.volunteer_id = offered.volunteer_id;
