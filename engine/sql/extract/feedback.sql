-- feedback: what each side said of a visit, in numbers.
-- Grain:  visit_id, side.
-- Needs:  feedback_at.
-- Params: $as_of (UTC).
select
    visit_id,
    side,
    rating,
    again,
    date_trunc('hour', given_at) as given_at
from feedback_at($as_of)
order by visit_id, side
