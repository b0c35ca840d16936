-- simulated_bands: between which figures the measures lay in the newest simulation of a policy.
-- Grain:  measure, gap_by.
-- Needs:  facts.policy_simulated, facts.band_simulated.
-- Params: $as_of (UTC), $until_entry, $fingerprint.
with

newest as (

    select simulation_id
    from facts.policy_simulated
    where fingerprint = $fingerprint and occurred_at <= $as_of and entry_no <= $until_entry
    qualify row_number() over (order by occurred_at desc, entry_no desc, rowid desc) = 1

)

select
    bands.simulation_id,
    bands.measure,
    bands.gap_by,
    bands.low,
    bands.high
from facts.band_simulated as bands
inner join newest on bands.simulation_id = newest.simulation_id
order by bands.measure, bands.gap_by
