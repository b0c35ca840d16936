-- measured_offers: offers with what became of them, kept for the measures of one look.
-- Grain:  offer_id.
-- Needs:  offers_at.
-- Params: $as_of (UTC), $until_entry.
select * from offers_at($as_of, $until_entry)
