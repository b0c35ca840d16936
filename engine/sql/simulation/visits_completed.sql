-- visits_completed: visits whose completion was told of between two moments.
-- Grain:  visit_id.
-- Needs:  visits_at.
-- Params: $as_of (UTC), $until_entry, $from_at (UTC, left out), $to_at (UTC, counted).
select
    visit_id,
    request_id,
    volunteer_id,
    resident_id
from visits_at($as_of, $until_entry)
where status = 'completed' and ended_at > $from_at::timestamp and ended_at <= $to_at::timestamp
order by visit_id
