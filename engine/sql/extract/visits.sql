-- visits: who agreed to come when; a visit lasts as long as its request says.
-- Grain:  visit_id.
-- Needs:  visits_at.
-- Params: $as_of (UTC).
select
    visit_id,
    request_id,
    volunteer_id,
    date_trunc('hour', agreed_at) as agreed_at,
    date_trunc('hour', starts_at) as starts_at
from visits_at($as_of)
order by visit_id
