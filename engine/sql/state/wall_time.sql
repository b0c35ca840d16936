-- wall_time: the local wall time (Europe/Stockholm) at a moment in UTC; DuckDB alone knows no time zones.
-- Needs:  memory.reference.utc_offset.
create or replace macro wall_time(moment) as
moment + to_minutes((
    select arg_max(utc_offset.offset_minutes, utc_offset.from_at)
    from memory.reference.utc_offset as utc_offset
    where utc_offset.from_at <= moment -- noqa: RF03
)::bigint);
