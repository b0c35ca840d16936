-- missing_hours: the hour of local time that a night in March does not have: nobody can meet in it.
-- Grain:  day.
-- Needs:  memory.reference.utc_offset.
create or replace macro missing_hours() as table
    with

    offsets as (

        select
            from_at + to_minutes(lag(offset_minutes) over (order by from_at)::bigint) as before_at,
            from_at + to_minutes(offset_minutes::bigint) as after_at
        from memory.reference.utc_offset

    )

    select
        before_at::date as day,
        before_at as from_at,
        after_at as to_at
    from offsets
    where before_at < after_at;
