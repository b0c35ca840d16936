-- kept_run_requests: the rows of run_requests, as kept for this reading.
-- Grain:  request_id.
-- Needs:  run_requests.
select * from run_requests
order by request_id
