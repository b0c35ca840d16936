-- incidents: what went wrong, by code; what was written about it is not here.
-- Grain:  incident_id.
-- Needs:  incidents_at.
-- Params: $as_of (UTC).
select
    incident_id,
    visit_id,
    resident_id,
    volunteer_id,
    kind,
    severity,
    action_code,
    outcome_code,
    status,
    date_trunc('hour', reported_at) as reported_at,
    date_trunc('hour', triaged_at) as triaged_at,
    date_trunc('hour', closed_at) as closed_at
from incidents_at($as_of)
order by incident_id
