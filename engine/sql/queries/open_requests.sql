-- open_requests: the requests a match run looks at, and the stretch in which a visit could lie.
-- Grain:  request_id.
-- Needs:  requests_at.
-- Params: $as_of (UTC), $until_entry, $local_now, $notice_hours, $horizon_days.
select
    request_id,
    resident_id,
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
    volunteers_needed - n_agreed as n_needed,
    greatest(earliest_at, $local_now::timestamp + to_hours($notice_hours)) as from_at,
    least(latest_at, $local_now::timestamp + to_days($horizon_days)) as to_at
from requests_at($as_of, $until_entry)
where
    status = 'open'
    and latest_at > $local_now::timestamp
    and earliest_at < $local_now::timestamp + to_days($horizon_days)
order by request_id
