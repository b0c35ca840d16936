-- tried_requests: the requests of which a pair was tried.
-- Grain:  request_id.
-- Needs:  tried_pairs.
select distinct request_id
from tried_pairs
order by request_id
