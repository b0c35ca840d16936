-- volunteers: the volunteers a match run may call on.
-- Grain:  volunteer_id.
-- Needs:  volunteers_at.
-- Params: $as_of (UTC), $until_entry.
select * exclude (left_at) from volunteers_at($as_of, $until_entry)
where left_at is null
