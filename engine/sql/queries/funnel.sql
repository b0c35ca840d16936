-- funnel: how many volunteers each rule stopped for each asked request; a volunteer counts once.
-- For times it counts the start that came furthest; a pair without any start is not_free, and a volunteer whom
-- no rule stops is a candidate.
-- Grain:  request_id, rule.
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

),

stopped as (

    select
        pair_rules.request_id,
        coalesce(pair_rules.rule, furthest.rule, 'not_free') as rule
    from pair_rules
    left join furthest
        on pair_rules.request_id = furthest.request_id and pair_rules.volunteer_id = furthest.volunteer_id

)

select
    stopped.request_id,
    stopped.rule,
    rule_steps.step,
    count(*) as n_volunteers
from stopped
inner join rule_steps on stopped.rule = rule_steps.rule
group by stopped.request_id, stopped.rule, rule_steps.step
order by stopped.request_id, rule_steps.step
