-- availability_at: the hours of a week each volunteer last said to be free; windows that touch are one stretch.
-- Grain:  volunteer_id, weekday, starts, ends (local).
-- Needs:  facts.availability_stated.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro availability_at(as_of, until_entry := 9223372036854775807) as table
    with

    statements as (

        select
            volunteer_id,
            windows
        from facts.availability_stated
        -- The newest of each; a semi-join costs half of what numbering the rows does.
        where rowid in (
            select arg_max(rowid, (occurred_at, entry_no, rowid))
            from facts.availability_stated
            where occurred_at <= as_of and entry_no <= until_entry
            group by volunteer_id
        )

    ),

    free as (

        select
            volunteer_id,
            unnest(windows) as stretch
        from statements

    ),

    marked as (

        select
            free.volunteer_id,
            stretch.weekday,
            stretch.starts,
            stretch.ends,
            coalesce(stretch.starts > max(stretch.ends) over (
                partition by free.volunteer_id, stretch.weekday
                order by stretch.starts, stretch.ends
                rows between unbounded preceding and 1 preceding
            ), true) as opens
        from free

    ),

    numbered as (

        select
            *,
            count(*) filter (where opens) over (
                partition by volunteer_id, weekday
                order by starts, ends
                rows unbounded preceding
            ) as nth_stretch
        from marked

    )

    select
        volunteer_id,
        weekday,
        min(starts) as starts,
        max(ends) as ends
    from numbered
    group by volunteer_id, weekday, nth_stretch;
