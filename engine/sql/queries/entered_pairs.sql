-- entered_pairs: who could serve the request being entered: not the resident, nor anybody blocked with them.
-- Grain:  request_id, volunteer_id.
-- Needs:  near_pairs, volunteers, relations_at.
-- Params: $as_of (UTC), $until_entry, $resident_id.
with

blocked as (

    select volunteer_id
    from relations_at($as_of, $until_entry)
    where resident_id = $resident_id and kind = 'blocked'

)

select near_pairs.*
from near_pairs
inner join volunteers on near_pairs.volunteer_id = volunteers.volunteer_id
anti join blocked on near_pairs.volunteer_id = blocked.volunteer_id
where volunteers.resident_id <> $resident_id
order by near_pairs.request_id, near_pairs.volunteer_id
