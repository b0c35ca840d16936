-- outcomes: what became of visits.
-- Grain:  visit_id.
-- Needs:  visits_at.
-- Params: $as_of (UTC).
select
    visit_id,
    status as outcome,
    side,
    is_late,
    minutes_spent as minutes,
    reason_code,
    date_trunc('hour', ended_at) as ended_at
from visits_at($as_of)
where status <> 'agreed'
order by visit_id
