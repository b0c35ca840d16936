-- measured_requests: requests with the groups they are counted in, kept for the measures of one look.
-- Grain:  request_id.
-- Needs:  asked_requests_at.
-- Params: $as_of (UTC), $until_entry.
select * from asked_requests_at($as_of, $until_entry)
