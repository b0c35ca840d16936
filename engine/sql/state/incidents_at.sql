-- incidents_at: incidents and how far they have come: 'reported', 'triaged' or 'closed'.
-- Grain:  incident_id.
-- Needs:  facts.incident_reported, facts.incident_triaged, facts.incident_closed.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro incidents_at(as_of, until_entry := 9223372036854775807) as table
    with

    triaged as (

        select
            incident_id,
            arg_max(severity, entry_no) as severity,
            arg_max(action_code, entry_no) as action_code,
            min(occurred_at) as triaged_at
        from facts.incident_triaged
        where occurred_at <= as_of and entry_no <= until_entry
        group by incident_id

    ),

    closed as (

        select
            incident_id,
            arg_max(outcome_code, entry_no) as outcome_code,
            max(occurred_at) as closed_at
        from facts.incident_closed
        where occurred_at <= as_of and entry_no <= until_entry
        group by incident_id

    )

    select
        reported.incident_id,
        reported.visit_id,
        reported.resident_id,
        reported.volunteer_id,
        reported.kind,
        coalesce(triaged.severity, reported.severity) as severity,
        reported.occurred_at as reported_at,
        triaged.triaged_at,
        triaged.action_code,
        closed.closed_at,
        closed.outcome_code,
        case
            when closed.incident_id is not null then 'closed'
            when triaged.incident_id is not null then 'triaged'
            else 'reported'
        end as status
    from facts.incident_reported as reported
    left join triaged on reported.incident_id = triaged.incident_id
    left join closed on reported.incident_id = closed.incident_id
    where reported.occurred_at <= as_of and reported.entry_no <= until_entry;
