-- expiring_checks: checks that volunteers who stay hold today, and that run out within some days without a newer one.
-- Grain:  volunteer_id, check_code.
-- Needs:  demanded_checks_at, volunteers_at.
-- Params: $as_of (UTC), $until_entry, $local_now, $home_record_required, $expiry_days.
select
    demanded.volunteer_id,
    volunteers.resident_id,
    volunteers.municipality_code,
    demanded.check_code,
    demanded.services,
    demanded.last_day
from demanded_checks_at($as_of, $until_entry, $local_now::date, $home_record_required) as demanded
inner join volunteers_at($as_of, $until_entry) as volunteers
    on demanded.volunteer_id = volunteers.volunteer_id
where
    demanded.has_begun
    and demanded.last_day >= $local_now::date
    and demanded.last_day <= $local_now::date + to_days($expiry_days)
order by demanded.last_day, demanded.volunteer_id, demanded.check_code
