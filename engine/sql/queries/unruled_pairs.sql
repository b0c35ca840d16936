-- unruled_pairs: the asked pairs that no rule keeps apart, day aside.
-- Grain:  request_id, volunteer_id.
-- Needs:  pair_rules.
select
    request_id,
    volunteer_id,
    distance_km
from pair_rules
where rule is null
