-- entered_requests: one request as it is being entered, in several windows, laid out as open_requests has them.
-- Grain:  request_id (one per window).
-- Needs:  residents_at.
-- Params: $as_of (UTC), $until_entry, $local_now, $notice_hours, $horizon_days, $request_ids, $earliest_ats, $latest_ats (one entry per window),
--         $resident_id, $service, $minutes, $urgency, $languages, $volunteers_needed.
with

windows as (

    select
        unnest($request_ids::varchar[]) as request_id,
        unnest($earliest_ats::timestamp[]) as earliest_at,
        unnest($latest_ats::timestamp[]) as latest_at

)

select
    windows.request_id,
    residents.resident_id,
    null::varchar as series_id,
    $service::varchar as service,
    $minutes::bigint as minutes,
    $urgency::bigint as urgency,
    $languages::varchar[] as languages,
    $as_of::timestamp as requested_at,
    residents.municipality_code,
    residents.lat,
    residents.lon,
    residents.birth_year,
    residents.protected_identity,
    windows.earliest_at,
    windows.latest_at,
    $volunteers_needed::bigint as n_needed,
    greatest(windows.earliest_at, $local_now::timestamp + to_hours($notice_hours)) as from_at,
    least(windows.latest_at, $local_now::timestamp + to_days($horizon_days)) as to_at
from windows
cross join residents_at($as_of, $until_entry) as residents
where residents.resident_id = $resident_id
order by windows.request_id
