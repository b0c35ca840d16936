-- new_requests: the open requests that a run saw first, by id.
-- Grain:  request_id.
-- Needs:  every_open_request (open_requests, as kept).
-- Params: $request_ids.
select * from every_open_request
where list_contains($request_ids::varchar[], request_id)
order by request_id
