-- open_requests: the requests a match run looks at, and the stretch in which a visit could lie.
-- Grain:  request_id.
-- Needs:  requests_at.
-- Params: $as_of (UTC), $until_entry, $local_now, $notice_hours, $horizon_days,
--         $only_requests (null: all of which a volunteer has yet to be found; else these, asked for already or not).
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
    volunteers_needed - n_agreed - if($only_requests::varchar[] is null, n_pending, 0) as n_needed,
    greatest(earliest_at, $local_now::timestamp + to_hours($notice_hours)) as from_at,
    least(latest_at, $local_now::timestamp + to_days($horizon_days)) as to_at
from requests_at($as_of, $until_entry)
where
    status in ('submitted', 'planned', 'offered')
    and volunteers_needed - n_agreed - if($only_requests::varchar[] is null, n_pending, 0) > 0
    and ($only_requests::varchar[] is null or list_contains($only_requests::varchar[], request_id))
    and latest_at > $local_now::timestamp
    and earliest_at < $local_now::timestamp + to_days($horizon_days)
order by request_id
