-- answers: what volunteers answered.
-- Grain:  request_id, volunteer_id, offer_id, answered_at.
-- Needs:  facts.offer_answered.
-- Params: $as_of (UTC).
select
    offer_id,
    request_id,
    volunteer_id,
    response,
    reason_code,
    date_trunc('hour', occurred_at) as answered_at
from facts.offer_answered
where occurred_at <= $as_of
order by request_id, volunteer_id, offer_id, answered_at
