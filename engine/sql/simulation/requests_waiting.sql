-- requests_waiting: requests that still need a volunteer.
-- Grain:  request_id.
-- Needs:  requests_at.
-- Params: $as_of (UTC), $until_entry.
select
    request_id,
    requested_at
from requests_at($as_of, $until_entry)
where status in ('submitted', 'planned', 'offered')
order by request_id
