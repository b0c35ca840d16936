-- acceptance: offers that were answered or ran out, and whether the answer was yes.
-- Measure:     offers accepted, as a share.
-- Denominator: offers sent in the period that were accepted, declined or ran out; not those that wait, nor those taken
--              back before an answer.
-- Unit:        share of offers.
-- Grain:  offer_id.
-- Needs:  measured_offers, measured_requests.
-- Params: $from_at, $to_at (UTC).
select
    asked.resident_id as person_id,
    asked.municipality_code,
    asked.service,
    asked.age_band,
    asked.language,
    offers.sent_at + (asked.asked_at - asked.requested_at) as counted_at,
    (offers.status = 'accepted')::double as amount,
    1.0::double as base
from measured_offers as offers
inner join measured_requests as asked
    on offers.request_id = asked.request_id
where
    offers.status in ('accepted', 'declined', 'expired')
    and offers.sent_at >= $from_at
    and offers.sent_at < $to_at
order by offers.offer_id
