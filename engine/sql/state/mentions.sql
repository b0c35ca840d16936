-- mentions: which fact names which resident, volunteer, request, visit, run, offer, series, incident, erasure or message.
-- Every id column of every table of facts stands here; identity_read of '*' (everybody) names nobody.
-- Grain:  fact, row_no (the row of that table), kind.
-- Needs:  every table of facts that has ids.
create or replace macro mentions() as table
    select
        entry_no,
        rowid as row_no,
        'erasure_requested' as fact,
        'resident' as kind,
        resident_id as id
    from facts.erasure_requested
    union all
    select
        entry_no,
        rowid as row_no,
        'grant_decided' as fact,
        'resident' as kind,
        resident_id as id
    from facts.grant_decided
    union all
    select
        entry_no,
        rowid as row_no,
        'identity_read' as fact,
        'resident' as kind,
        resident_id as id
    from facts.identity_read
    where resident_id != '*'
    union all
    select
        entry_no,
        rowid as row_no,
        'incident_reported' as fact,
        'resident' as kind,
        resident_id as id
    from facts.incident_reported
    where resident_id is not null
    union all
    select
        entry_no,
        rowid as row_no,
        'message_queued' as fact,
        'resident' as kind,
        resident_id as id
    from facts.message_queued
    union all
    select
        entry_no,
        rowid as row_no,
        'person_erased' as fact,
        'resident' as kind,
        resident_id as id
    from facts.person_erased
    union all
    select
        entry_no,
        rowid as row_no,
        'survey_answered' as fact,
        'resident' as kind,
        resident_id as id
    from facts.survey_answered
    union all
    select
        entry_no,
        rowid as row_no,
        'survey_declined' as fact,
        'resident' as kind,
        resident_id as id
    from facts.survey_declined
    union all
    select
        entry_no,
        rowid as row_no,
        'shadow_run_made' as fact,
        'run' as kind,
        run_id as id
    from facts.shadow_run_made
    where run_id is not null
    union all
    select
        entry_no,
        rowid as row_no,
        'shadow_proposal_made' as fact,
        'request' as kind,
        request_id as id
    from facts.shadow_proposal_made
    union all
    select
        entry_no,
        rowid as row_no,
        'shadow_proposal_made' as fact,
        'volunteer' as kind,
        volunteer_id as id
    from facts.shadow_proposal_made
    union all
    select
        entry_no,
        rowid as row_no,
        'relation_stated' as fact,
        'resident' as kind,
        resident_id as id
    from facts.relation_stated
    union all
    select
        entry_no,
        rowid as row_no,
        'request_submitted' as fact,
        'resident' as kind,
        resident_id as id
    from facts.request_submitted
    union all
    select
        entry_no,
        rowid as row_no,
        'resident_registered' as fact,
        'resident' as kind,
        resident_id as id
    from facts.resident_registered
    union all
    select
        entry_no,
        rowid as row_no,
        'series_started' as fact,
        'resident' as kind,
        resident_id as id
    from facts.series_started
    union all
    select
        entry_no,
        rowid as row_no,
        'volunteer_registered' as fact,
        'resident' as kind,
        resident_id as id
    from facts.volunteer_registered
    union all
    select
        entry_no,
        rowid as row_no,
        'absence_ended' as fact,
        'volunteer' as kind,
        volunteer_id as id
    from facts.absence_ended
    union all
    select
        entry_no,
        rowid as row_no,
        'absence_stated' as fact,
        'volunteer' as kind,
        volunteer_id as id
    from facts.absence_stated
    union all
    select
        entry_no,
        rowid as row_no,
        'availability_stated' as fact,
        'volunteer' as kind,
        volunteer_id as id
    from facts.availability_stated
    union all
    select
        entry_no,
        rowid as row_no,
        'check_cleared' as fact,
        'volunteer' as kind,
        volunteer_id as id
    from facts.check_cleared
    union all
    select
        entry_no,
        rowid as row_no,
        'incident_reported' as fact,
        'volunteer' as kind,
        volunteer_id as id
    from facts.incident_reported
    where volunteer_id is not null
    union all
    select
        entry_no,
        rowid as row_no,
        'offer_answered' as fact,
        'volunteer' as kind,
        volunteer_id as id
    from facts.offer_answered
    union all
    select
        entry_no,
        rowid as row_no,
        'offer_sent' as fact,
        'volunteer' as kind,
        volunteer_id as id
    from facts.offer_sent
    union all
    select
        entry_no,
        rowid as row_no,
        'override_stated' as fact,
        'volunteer' as kind,
        volunteer_id as id
    from facts.override_stated
    union all
    select
        entry_no,
        rowid as row_no,
        'proposal_decided' as fact,
        'volunteer' as kind,
        volunteer_id as id
    from facts.proposal_decided
    union all
    select
        entry_no,
        rowid as row_no,
        'proposal_made' as fact,
        'volunteer' as kind,
        volunteer_id as id
    from facts.proposal_made
    union all
    select
        entry_no,
        rowid as row_no,
        'relation_stated' as fact,
        'volunteer' as kind,
        volunteer_id as id
    from facts.relation_stated
    union all
    select
        entry_no,
        rowid as row_no,
        'visit_agreed' as fact,
        'volunteer' as kind,
        volunteer_id as id
    from facts.visit_agreed
    union all
    select
        entry_no,
        rowid as row_no,
        'volunteer_left' as fact,
        'volunteer' as kind,
        volunteer_id as id
    from facts.volunteer_left
    union all
    select
        entry_no,
        rowid as row_no,
        'volunteer_registered' as fact,
        'volunteer' as kind,
        volunteer_id as id
    from facts.volunteer_registered
    union all
    select
        entry_no,
        rowid as row_no,
        'worth_found' as fact,
        'volunteer' as kind,
        volunteer_id as id
    from facts.worth_found
    union all
    select
        entry_no,
        rowid as row_no,
        'offer_answered' as fact,
        'request' as kind,
        request_id as id
    from facts.offer_answered
    union all
    select
        entry_no,
        rowid as row_no,
        'offer_sent' as fact,
        'request' as kind,
        request_id as id
    from facts.offer_sent
    union all
    select
        entry_no,
        rowid as row_no,
        'override_stated' as fact,
        'request' as kind,
        request_id as id
    from facts.override_stated
    union all
    select
        entry_no,
        rowid as row_no,
        'proposal_decided' as fact,
        'request' as kind,
        request_id as id
    from facts.proposal_decided
    union all
    select
        entry_no,
        rowid as row_no,
        'proposal_made' as fact,
        'request' as kind,
        request_id as id
    from facts.proposal_made
    union all
    select
        entry_no,
        rowid as row_no,
        'request_submitted' as fact,
        'request' as kind,
        request_id as id
    from facts.request_submitted
    union all
    select
        entry_no,
        rowid as row_no,
        'request_unmatched' as fact,
        'request' as kind,
        request_id as id
    from facts.request_unmatched
    union all
    select
        entry_no,
        rowid as row_no,
        'request_withdrawn' as fact,
        'request' as kind,
        request_id as id
    from facts.request_withdrawn
    union all
    select
        entry_no,
        rowid as row_no,
        'visit_agreed' as fact,
        'request' as kind,
        request_id as id
    from facts.visit_agreed
    union all
    select
        entry_no,
        rowid as row_no,
        'feedback_given' as fact,
        'visit' as kind,
        visit_id as id
    from facts.feedback_given
    union all
    select
        entry_no,
        rowid as row_no,
        'incident_reported' as fact,
        'visit' as kind,
        visit_id as id
    from facts.incident_reported
    where visit_id is not null
    union all
    select
        entry_no,
        rowid as row_no,
        'visit_agreed' as fact,
        'visit' as kind,
        visit_id as id
    from facts.visit_agreed
    union all
    select
        entry_no,
        rowid as row_no,
        'visit_ended' as fact,
        'visit' as kind,
        visit_id as id
    from facts.visit_ended
    union all
    select
        entry_no,
        rowid as row_no,
        'offer_sent' as fact,
        'run' as kind,
        run_id as id
    from facts.offer_sent
    where run_id is not null
    union all
    select
        entry_no,
        rowid as row_no,
        'price_found' as fact,
        'run' as kind,
        run_id as id
    from facts.price_found
    union all
    select
        entry_no,
        rowid as row_no,
        'proposal_decided' as fact,
        'run' as kind,
        run_id as id
    from facts.proposal_decided
    union all
    select
        entry_no,
        rowid as row_no,
        'proposal_made' as fact,
        'run' as kind,
        run_id as id
    from facts.proposal_made
    union all
    select
        entry_no,
        rowid as row_no,
        'request_unmatched' as fact,
        'run' as kind,
        run_id as id
    from facts.request_unmatched
    union all
    select
        entry_no,
        rowid as row_no,
        'run_made' as fact,
        'run' as kind,
        run_id as id
    from facts.run_made
    union all
    select
        entry_no,
        rowid as row_no,
        'run_priced' as fact,
        'run' as kind,
        run_id as id
    from facts.run_priced
    union all
    select
        entry_no,
        rowid as row_no,
        'worth_found' as fact,
        'run' as kind,
        run_id as id
    from facts.worth_found
    union all
    select
        entry_no,
        rowid as row_no,
        'offer_answered' as fact,
        'offer' as kind,
        offer_id as id
    from facts.offer_answered
    where offer_id is not null
    union all
    select
        entry_no,
        rowid as row_no,
        'offer_closed' as fact,
        'offer' as kind,
        offer_id as id
    from facts.offer_closed
    union all
    select
        entry_no,
        rowid as row_no,
        'offer_sent' as fact,
        'offer' as kind,
        offer_id as id
    from facts.offer_sent
    union all
    select
        entry_no,
        rowid as row_no,
        'request_submitted' as fact,
        'series' as kind,
        series_id as id
    from facts.request_submitted
    where series_id is not null
    union all
    select
        entry_no,
        rowid as row_no,
        'series_ended' as fact,
        'series' as kind,
        series_id as id
    from facts.series_ended
    union all
    select
        entry_no,
        rowid as row_no,
        'series_started' as fact,
        'series' as kind,
        series_id as id
    from facts.series_started
    union all
    select
        entry_no,
        rowid as row_no,
        'incident_closed' as fact,
        'incident' as kind,
        incident_id as id
    from facts.incident_closed
    union all
    select
        entry_no,
        rowid as row_no,
        'incident_reported' as fact,
        'incident' as kind,
        incident_id as id
    from facts.incident_reported
    union all
    select
        entry_no,
        rowid as row_no,
        'incident_triaged' as fact,
        'incident' as kind,
        incident_id as id
    from facts.incident_triaged
    union all
    select
        entry_no,
        rowid as row_no,
        'erasure_decided' as fact,
        'erasure' as kind,
        erasure_id as id
    from facts.erasure_decided
    union all
    select
        entry_no,
        rowid as row_no,
        'erasure_requested' as fact,
        'erasure' as kind,
        erasure_id as id
    from facts.erasure_requested
    union all
    select
        entry_no,
        rowid as row_no,
        'fact_redacted' as fact,
        'erasure' as kind,
        erasure_id as id
    from facts.fact_redacted
    union all
    select
        entry_no,
        rowid as row_no,
        'person_erased' as fact,
        'erasure' as kind,
        erasure_id as id
    from facts.person_erased
    union all
    select
        entry_no,
        rowid as row_no,
        'message_attempted' as fact,
        'message' as kind,
        message_id as id
    from facts.message_attempted
    union all
    select
        entry_no,
        rowid as row_no,
        'message_queued' as fact,
        'message' as kind,
        message_id as id
    from facts.message_queued
    union all
    select
        entry_no,
        rowid as row_no,
        'message_settled' as fact,
        'message' as kind,
        message_id as id
    from facts.message_settled;
