-- have_asked: who among some residents ever asked for something.
-- Grain:  resident_id.
-- Needs:  facts.request_submitted.
-- Params: $resident_ids varchar[].
select distinct resident_id
from facts.request_submitted
where list_contains($resident_ids::varchar[], resident_id)
order by resident_id
