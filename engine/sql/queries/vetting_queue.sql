-- vetting_queue: checks that a volunteer who stays lacks today for a service they offer, who waited longest first.
-- had_until: the last day of an earlier one; null when there never was one.
-- Grain:  volunteer_id, check_code.
-- Needs:  demanded_checks_at, volunteers_at.
-- Params: $as_of (UTC), $until_entry, $local_now, $home_record_required.
select
    demanded.volunteer_id,
    volunteers.resident_id,
    volunteers.municipality_code,
    volunteers.joined_at,
    demanded.check_code,
    demanded.services,
    if(demanded.has_begun, demanded.last_day, null) as had_until
from demanded_checks_at($as_of, $until_entry, $local_now::date, $home_record_required) as demanded
inner join volunteers_at($as_of, $until_entry) as volunteers
    on demanded.volunteer_id = volunteers.volunteer_id
where
    demanded.last_day is null
    or demanded.last_day < $local_now::date
    or not demanded.has_begun
order by volunteers.joined_at, demanded.volunteer_id, demanded.check_code
