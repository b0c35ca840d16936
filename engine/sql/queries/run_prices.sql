-- run_prices: the certificate a run stored.
-- Grain:  leaf, row.
-- Needs:  facts.price_found.
-- Params: $run_id.
select
    leaf,
    row,
    price
from facts.price_found
where run_id = $run_id
order by leaf, row
