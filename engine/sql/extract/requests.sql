-- requests: what was asked for and how far it came; windows are widened to whole hours.
-- Grain:  request_id.
-- Needs:  requests_at.
-- Params: $as_of (UTC).
select
    request_id,
    resident_id,
    series_id,
    service,
    minutes,
    date_trunc('hour', earliest_at) as earliest_at,
    date_trunc('hour', latest_at + interval 3599 second) as latest_at,
    volunteers_needed,
    urgency,
    array_to_string(list_sort(languages), ';') as languages,
    date_trunc('hour', requested_at) as requested_at,
    status
from requests_at($as_of)
order by request_id
