-- furthest_rules: for each request the rule at which the volunteer who came furthest stopped.
-- Grain:  request_id.
-- Needs:  pair_rules, tried_pairs, tried_starts (starts with their rules), rule_steps (rule, step).
with

stopped as (

    select
        request_id,
        rule
    from pair_rules
    union all
    select
        request_id,
        'not_free' as rule
    from tried_pairs
    union all
    select
        request_id,
        rule
    from tried_starts

)

select
    stopped.request_id,
    arg_max(stopped.rule, rule_steps.step) as rule
from stopped
inner join rule_steps on stopped.rule = rule_steps.rule
group by stopped.request_id
order by stopped.request_id
