-- used_volunteers: volunteers who may be sent, and whether they came to somebody lately.
-- Measure:     volunteers with at least one completed visit in the days before (ever, when no days are given), as a share;
--              or, when idle ones are counted, those without.
-- Denominator: volunteers approved at the end of the period: joined, not left, and holding every check of at least one
--              service they offer.
-- Unit:        share of volunteers.
-- Grain:  volunteer_id.
-- Needs:  approved_volunteers_at, visits_at.
-- Params: $moment, end of the period (UTC), $local_moment, $until_entry, $home_record_required; $days or null; $count_idle.
with

active as (

    select distinct volunteer_id
    from visits_at($moment, $until_entry)
    where
        status = 'completed'
        and ends_at <= $local_moment::timestamp
        and ($days::bigint is null or starts_at >= $local_moment::timestamp - to_days($days::integer))

)

select
    approved.resident_id as person_id,
    approved.municipality_code,
    approved.age_band,
    approved.language,
    ((active.volunteer_id is not null) <> $count_idle::boolean)::double as amount,
    1.0::double as base
from approved_volunteers_at($moment, $until_entry, $home_record_required::boolean) as approved
left join active on approved.volunteer_id = active.volunteer_id
order by approved.volunteer_id
