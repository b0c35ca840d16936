-- pairs_of_requests: the tried pairs of the asked requests alone.
-- Grain:  request_id, volunteer_id.
-- Needs:  tried_pairs.
-- Params: $request_ids (the asked).
select *
from tried_pairs
where list_contains($request_ids::varchar[], request_id)
