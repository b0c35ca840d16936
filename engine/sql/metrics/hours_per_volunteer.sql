-- hours_per_volunteer: how much each volunteer who may be sent has done.
-- Measure:     hours of completed visits of each volunteer; their Gini coefficient is 0 when all do the same, and near 1
--              when a few do everything.
-- Denominator: volunteers approved at the end of the period, those without any visit too.
-- Unit:        hours.
-- Grain:  volunteer_id.
-- Needs:  approved_volunteers_at, visits_at.
-- Params: $moment, end of the period (UTC), $local_from, $local_to, $until_entry, $home_record_required.
with

worked as (

    select
        volunteer_id,
        sum(coalesce(minutes_spent, epoch(ends_at - starts_at) / 60)) / 60 as hours
    from visits_at($moment, $until_entry)
    where
        status = 'completed'
        and starts_at >= $local_from::timestamp
        and starts_at < $local_to::timestamp
    group by volunteer_id

)

select
    approved.resident_id as person_id,
    approved.municipality_code,
    approved.age_band,
    approved.language,
    coalesce(worked.hours, 0)::double as amount,
    1.0::double as base
from approved_volunteers_at($moment, $until_entry, $home_record_required::boolean) as approved
left join worked on approved.volunteer_id = worked.volunteer_id
order by approved.volunteer_id
