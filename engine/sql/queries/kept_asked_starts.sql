-- kept_asked_starts: the rows of asked_starts, as kept for this reading; first starts of a pair come first.
-- Grain:  request_id, variant, volunteer_id, starts_at.
-- Needs:  asked_starts.
select * from asked_starts
order by request_id, variant, volunteer_id, is_pinned, nth_of_stretch, starts_at
