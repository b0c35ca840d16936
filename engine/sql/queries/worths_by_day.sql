-- worths_by_day: what one more of something was worth in the newest priced run of each day.
-- Points are confirmed where that was done, otherwise the upper estimate.
-- Grain:  day, kind, municipality_code, service, language, weekday_part, check_code (the best of several volunteers);
--         a day without any worth has one row, its kind and points null.
-- Needs:  facts.run_priced, facts.worth_found.
-- Params: $as_of (UTC), $until_entry.
with

newest as (

    select
        occurred_at::date as day,
        arg_max(run_id, (occurred_at, entry_no)) as run_id
    from facts.run_priced
    where occurred_at <= $as_of and entry_no <= $until_entry
    group by day

)

select
    newest.day,
    found.kind,
    found.municipality_code,
    found.service,
    found.language,
    found.weekday_part,
    found.check_code,
    max(coalesce(found.confirmed_points, found.estimated_points)) as points,
    bool_or(found.confirmed_points is not null) as is_confirmed
from newest
left join facts.worth_found as found
    on newest.run_id = found.run_id
group by all
order by all
