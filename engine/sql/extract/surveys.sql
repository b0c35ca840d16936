-- surveys: what persons answered to the survey, in numbers; who was erased has no answers left.
-- Grain:  resident_id, side, occasion, answered_at.
-- Needs:  surveys_at.
-- Params: $as_of (UTC).
select
    resident_id,
    side,
    occasion,
    who5_1,
    who5_2,
    who5_3,
    who5_4,
    who5_5,
    ucla3_1,
    ucla3_2,
    ucla3_3,
    recommend,
    date_trunc('hour', answered_at) as answered_at
from surveys_at($as_of)
order by resident_id, side, occasion, answered_at
