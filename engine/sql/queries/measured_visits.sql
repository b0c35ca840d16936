-- measured_visits: visits with what became of them, kept for the measures of one look.
-- Grain:  visit_id.
-- Needs:  visits_at.
-- Params: $as_of (UTC), $until_entry.
select * from visits_at($as_of, $until_entry)
