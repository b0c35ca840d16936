-- availability: the free hours of a volunteer's week; whole hours, shortened rather than lengthened.
-- Grain:  volunteer_id, weekday, starts_hour.
-- Needs:  availability_at.
-- Params: $as_of (UTC).
with

whole_hours as (

    select
        volunteer_id,
        weekday::bigint as weekday,
        ceil(date_part('epoch', starts) / 3600)::bigint as starts_hour,
        floor(date_part('epoch', ends) / 3600)::bigint as ends_hour
    from availability_at($as_of)

)

select * from whole_hours
where starts_hour < ends_hour
order by volunteer_id, weekday, starts_hour
