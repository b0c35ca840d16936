-- availability_at: the hours of a week each volunteer last said to be free.
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
        where occurred_at <= as_of and entry_no <= until_entry
        qualify row_number() over (
            partition by volunteer_id
            order by occurred_at desc, entry_no desc, rowid desc
        ) = 1

    ),

    free as (

        select
            volunteer_id,
            unnest(windows) as stretch
        from statements

    )

    select distinct
        free.volunteer_id,
        stretch.weekday,
        stretch.starts,
        stretch.ends
    from free;
