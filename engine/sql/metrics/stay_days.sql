-- stay_days: how long volunteers have stayed.
-- Measure:     days from joining to leaving; amount 1 when they left. Who is still there has stayed until now.
-- Denominator: volunteers who joined in the period.
-- Unit:        days.
-- Grain:  volunteer_id.
-- Needs:  volunteers_at, age_band, main_language, wall_time.
-- Params: $as_of (UTC), $local_from, $local_to, $local_now, $until_entry.
select
    resident_id as person_id,
    municipality_code,
    age_band(birth_year, joined_at) as age_band,
    main_language(languages) as language,
    joined_at as counted_at,
    (left_at is not null)::double as amount,
    1.0::double as base,
    greatest(0, epoch(coalesce(wall_time(left_at), $local_now::timestamp) - joined_at) / 86400) as days
from volunteers_at($as_of, $until_entry)
where joined_at >= $local_from::timestamp and joined_at < $local_to::timestamp
order by volunteer_id
