-- surveys_declined_at: who does not want to be asked the survey: declined, and answered nothing since.
-- Grain:  resident_id, side.
-- Needs:  facts.survey_declined, surveys_at.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro surveys_declined_at(as_of, until_entry := 9223372036854775807) as table
    with

    declined as (

        select
            resident_id,
            side,
            max(occurred_at) as declined_at
        from facts.survey_declined
        where occurred_at <= as_of and entry_no <= until_entry
        group by resident_id, side

    ),

    answered as (

        select
            resident_id,
            side,
            max(answered_at) as answered_at
        from surveys_at(as_of, until_entry)
        group by resident_id, side

    )

    select
        declined.resident_id,
        declined.side,
        declined.declined_at
    from declined
    left join answered on declined.resident_id = answered.resident_id and declined.side = answered.side
    where answered.answered_at is null or answered.answered_at < declined.declined_at;
