-- requests_told: what every request asks for and where, without how far it has come, which takes longer to find out.
-- Grain:  request_id.
-- Needs:  facts.request_submitted, residents_at.
-- Params: $as_of timestamp (UTC).
with

requests as (

    select
        request_id,
        resident_id,
        service,
        minutes,
        earliest_at,
        latest_at,
        volunteers_needed,
        urgency
    from facts.request_submitted
    where occurred_at <= $as_of
    qualify row_number() over (partition by request_id order by occurred_at desc, entry_no desc, rowid desc) = 1

)

select
    requests.*,
    residents.municipality_code,
    residents.lat,
    residents.lon
from requests
inner join residents_at($as_of) as residents
    on requests.resident_id = residents.resident_id
order by requests.request_id
