-- volunteers: the volunteers a match run may call on.
-- Grain:  volunteer_id.
-- Needs:  volunteers_at.
-- Params: $as_of (UTC), $until_entry.
select * from volunteers_at($as_of, $until_entry)
