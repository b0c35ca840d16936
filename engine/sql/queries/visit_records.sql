-- visit_records: how many visits of each volunteer have ended, and how many of those failed.
-- Cancelled visits count as failed whoever cancelled: the facts do not say.
-- Grain:  volunteer_id.
-- Needs:  visits_at.
-- Params: $as_of (UTC), $until_entry.
select
    volunteer_id,
    count(*) filter (where status in ('completed', 'missed', 'cancelled')) as n_ended,
    count(*) filter (where status in ('missed', 'cancelled')) as n_failed
from visits_at($as_of, $until_entry)
group by volunteer_id
order by volunteer_id
