-- standby_requests: the listed stand-ins as a match run would look at them, without asking for notice.
-- Grain:  request_id.
-- Needs:  requests_at.
-- Params: $as_of (UTC), $until_entry, $local_now, $request_ids.
select
    request_id,
    resident_id,
    series_id,
    service,
    minutes,
    urgency,
    languages,
    requested_at,
    municipality_code,
    lat,
    lon,
    birth_year,
    protected_identity,
    earliest_at,
    latest_at,
    1 as n_needed,
    greatest(earliest_at, $local_now::timestamp) as from_at,
    latest_at as to_at
from requests_at($as_of, $until_entry)
where status in ('submitted', 'planned', 'offered') and list_contains($request_ids, request_id)
order by request_id
