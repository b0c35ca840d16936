-- asked_windows: the stretches in which a visit could lie, as asked for and as they could be changed.
-- Variant 0 is the window as it is, of every request; the others are of the asked requests only.
-- Grain:  request_id, variant.
-- Needs:  open_requests.
-- Params: $local_now, $notice_hours, $horizon_days, $request_ids (the asked), and lists of equal length:
--         $variants (numbers from 0), $wider_hours, $later_days.
with

variants as (

    select
        unnest($variants) as variant,
        unnest($wider_hours) as wider_hours,
        unnest($later_days) as later_days

),

windows as (

    select
        open_requests.* exclude (from_at, to_at, earliest_at, latest_at),
        variants.variant,
        open_requests.earliest_at + to_days(variants.later_days) - to_hours(variants.wider_hours) as earliest_at,
        open_requests.latest_at + to_days(variants.later_days) + to_hours(variants.wider_hours) as latest_at,
        list_contains($request_ids, open_requests.request_id) as is_asked
    from open_requests
    cross join variants
    where variants.variant = 0 or list_contains($request_ids, open_requests.request_id)

)

select
    *,
    greatest(earliest_at, $local_now::timestamp + to_hours($notice_hours)) as from_at,
    least(latest_at, $local_now::timestamp + to_days($horizon_days)) as to_at
from windows
where
    not protected_identity
    and latest_at > $local_now::timestamp
    and earliest_at < $local_now::timestamp + to_days($horizon_days)
    and least(latest_at, $local_now::timestamp + to_days($horizon_days))
    - greatest(earliest_at, $local_now::timestamp + to_hours($notice_hours)) >= to_minutes(minutes)
    and latest_at - earliest_at >= to_minutes(minutes)
order by request_id, variant
