-- absences_at: stretches in which a volunteer is away, whatever the week says; a return cuts those stated before it.
-- Grain:  volunteer_id, starts_at, ends_at (local).
-- Needs:  facts.absence_stated, facts.absence_ended.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro absences_at(as_of, until_entry := 9223372036854775807) as table
    with

    stated as (

        select
            volunteer_id,
            starts_at,
            ends_at,
            entry_no
        from facts.absence_stated
        where occurred_at <= as_of and entry_no <= until_entry

    ),

    returns as (

        select
            volunteer_id,
            ends_at,
            entry_no
        from facts.absence_ended
        where occurred_at <= as_of and entry_no <= until_entry

    ),

    cut as (

        select
            stated.volunteer_id,
            stated.starts_at,
            least(stated.ends_at, coalesce(min(returns.ends_at), stated.ends_at)) as ends_at
        from stated
        left join returns
            on
                stated.volunteer_id = returns.volunteer_id
                and stated.entry_no < returns.entry_no
        group by stated.volunteer_id, stated.starts_at, stated.ends_at, stated.entry_no

    )

    select distinct * from cut
    where starts_at < ends_at;
