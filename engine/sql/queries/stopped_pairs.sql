-- stopped_pairs: the rule that stops each volunteer for each asked request, or 'candidate'.
-- Grain:  request_id, volunteer_id.
-- Needs:  pair_rules, tried_starts (starts with their rules), rule_steps (rule, step).
with

furthest as (

    select
        tried_starts.request_id,
        tried_starts.volunteer_id,
        arg_max(coalesce(tried_starts.rule, 'candidate'), rule_steps.step) as rule
    from tried_starts
    inner join rule_steps on coalesce(tried_starts.rule, 'candidate') = rule_steps.rule
    group by tried_starts.request_id, tried_starts.volunteer_id

)

select
    pair_rules.request_id,
    pair_rules.volunteer_id,
    coalesce(pair_rules.rule, furthest.rule, 'not_free') as rule
from pair_rules
left join furthest
    on pair_rules.request_id = furthest.request_id and pair_rules.volunteer_id = furthest.volunteer_id
order by pair_rules.request_id, pair_rules.volunteer_id
