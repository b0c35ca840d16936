-- visits_waiting: agreed visits without an outcome.
-- Grain:  visit_id.
-- Needs:  visits_at.
-- Params: $as_of (UTC), $until_entry.
select
    visit_id,
    request_id,
    volunteer_id,
    agreed_at,
    starts_at,
    ends_at
from visits_at($as_of, $until_entry)
where status = 'agreed'
order by starts_at, visit_id
