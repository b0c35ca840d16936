-- newest_moments: when the newest fact of each table happened (UTC), of those that state is made of; null when empty.
-- is_daily: whether it is a fact of the daily work: a step told of late is checked against all of them. A policy may be
-- adopted from a day to come, and messages are sent by a clock of their own, so these do not count.
-- Grain:  fact.
-- Needs:  those tables.
select
    'absence_ended' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.absence_ended
union all
select
    'absence_stated' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.absence_stated
union all
select
    'availability_stated' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.availability_stated
union all
select
    'band_simulated' as fact,
    false as is_daily,
    max(occurred_at) as newest_at
from facts.band_simulated
union all
select
    'check_cleared' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.check_cleared
union all
select
    'feedback_given' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.feedback_given
union all
select
    'grant_decided' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.grant_decided
union all
select
    'guardrail_set' as fact,
    false as is_daily,
    max(occurred_at) as newest_at
from facts.guardrail_set
union all
select
    'incident_closed' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.incident_closed
union all
select
    'incident_reported' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.incident_reported
union all
select
    'incident_triaged' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.incident_triaged
union all
select
    'message_attempted' as fact,
    false as is_daily,
    max(occurred_at) as newest_at
from facts.message_attempted
union all
select
    'message_queued' as fact,
    false as is_daily,
    max(occurred_at) as newest_at
from facts.message_queued
union all
select
    'message_settled' as fact,
    false as is_daily,
    max(occurred_at) as newest_at
from facts.message_settled
union all
select
    'offer_answered' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.offer_answered
union all
select
    'offer_closed' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.offer_closed
union all
select
    'offer_sent' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.offer_sent
union all
select
    'override_stated' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.override_stated
union all
select
    'policy_adopted' as fact,
    false as is_daily,
    max(occurred_at) as newest_at
from facts.policy_adopted
union all
select
    'policy_drafted' as fact,
    false as is_daily,
    max(occurred_at) as newest_at
from facts.policy_drafted
union all
select
    'policy_simulated' as fact,
    false as is_daily,
    max(occurred_at) as newest_at
from facts.policy_simulated
union all
select
    'proposal_decided' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.proposal_decided
union all
select
    'proposal_made' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.proposal_made
union all
select
    'relation_stated' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.relation_stated
union all
select
    'request_submitted' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.request_submitted
union all
select
    'request_withdrawn' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.request_withdrawn
union all
select
    'resident_registered' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.resident_registered
union all
select
    'run_made' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.run_made
union all
select
    'series_ended' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.series_ended
union all
select
    'series_started' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.series_started
union all
select
    'shadow_ended' as fact,
    false as is_daily,
    max(occurred_at) as newest_at
from facts.shadow_ended
union all
select
    'shadow_proposal_made' as fact,
    false as is_daily,
    max(occurred_at) as newest_at
from facts.shadow_proposal_made
union all
select
    'shadow_run_made' as fact,
    false as is_daily,
    max(occurred_at) as newest_at
from facts.shadow_run_made
union all
select
    'shadow_started' as fact,
    false as is_daily,
    max(occurred_at) as newest_at
from facts.shadow_started
union all
select
    'survey_answered' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.survey_answered
union all
select
    'survey_declined' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.survey_declined
union all
select
    'visit_agreed' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.visit_agreed
union all
select
    'visit_ended' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.visit_ended
union all
select
    'volunteer_left' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.volunteer_left
union all
select
    'volunteer_registered' as fact,
    true as is_daily,
    max(occurred_at) as newest_at
from facts.volunteer_registered
order by fact
