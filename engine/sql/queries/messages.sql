-- messages: every message with what it is about and whom that concerns.
-- status and the times of the attempts are those of messages_at; matter_status says how far the offer, visit or series
-- has come, and is null when there is none of that id; how far a request has come only requests_at knows, which is asked
-- apart because it takes longer than all of this. asking_* and volunteer_* are the two sides.
-- concerns_protected: the addressee or one of the sides has a protected identity. revision counts the changes of a visit.
-- was_asked: an offer about the same id went out to the addressee, or may have.
-- Grain:  message_id.
-- Needs:  messages_at, offers_at, visits_at, series_at, volunteers_at, residents_at, facts.request_submitted,
--         facts.visit_agreed, template (template, kind) given by the caller.
-- Params: $as_of timestamp (UTC) of the matter, $sent_by timestamp (UTC) of the messages, $message_id (null for all).
with

messages as (

    select * from messages_at($sent_by)
    where $message_id is null or message_id = $message_id

),

asked as (

    select distinct
        about,
        resident_id
    from messages_at($sent_by)
    where template = 'offer' and status in ('sent', 'copied', 'unclear')

),

requests as (

    select
        request_id,
        resident_id,
        service,
        minutes,
        earliest_at,
        latest_at
    from facts.request_submitted
    where occurred_at <= $as_of
    qualify row_number() over (partition by request_id order by occurred_at desc, entry_no desc, rowid desc) = 1

),

volunteers as (

    select * from volunteers_at($as_of)

),

residents as (

    select * from residents_at($as_of)

),

agreements as (

    select
        visit_id,
        count(*) - 1 as n_changes
    from facts.visit_agreed
    where occurred_at <= $as_of
    group by visit_id

),

matters as (

    select
        'offer' as kind,
        offer_id as about,
        request_id,
        volunteer_id,
        starts_at,
        ends_at,
        distance_km,
        expires_at,
        status as matter_status,
        reason_code as matter_reason
    from offers_at($as_of)
    union all by name
    select
        'visit' as kind,
        visits.visit_id as about,
        visits.request_id,
        visits.volunteer_id,
        visits.starts_at,
        visits.ends_at,
        visits.status as matter_status,
        agreements.n_changes + if(visits.status = 'cancelled', 1, 0) as revision
    from visits_at($as_of) as visits
    inner join agreements on visits.visit_id = agreements.visit_id
    union all by name
    select
        'request' as kind,
        request_id as about,
        request_id,
        earliest_at as starts_at,
        latest_at as ends_at
    from requests
    union all by name
    select
        'series' as kind,
        series_id as about,
        resident_id as series_resident_id,
        service as series_service,
        minutes as series_minutes,
        earliest_at as starts_at,
        latest_at as ends_at,
        every_days,
        n_times,
        status as matter_status
    from series_at($as_of)

)

select
    messages.message_id,
    messages.template,
    messages.resident_id,
    messages.about,
    messages.language,
    messages.queued_at,
    messages.send_after,
    messages.n_attempts,
    messages.first_attempt_at,
    messages.attempted_at,
    messages.settled_at,
    messages.next_attempt_at,
    messages.status,
    messages.reason_code,
    template.kind,
    addressees.municipality_code,
    matters.volunteer_id,
    matters.starts_at,
    matters.ends_at,
    matters.distance_km,
    matters.expires_at,
    matters.matter_status,
    matters.matter_reason,
    matters.revision,
    matters.every_days,
    matters.n_times,
    sides.resident_id as asking_resident_id,
    sides.municipality_code as asking_municipality_code,
    volunteers.resident_id as volunteer_resident_id,
    asked.about is not null as was_asked,
    coalesce(requests.service, matters.series_service) as service,
    coalesce(requests.minutes, matters.series_minutes) as minutes,
    coalesce(addressees.protected_identity, false)
    or coalesce(sides.protected_identity, false)
    or coalesce(volunteers.protected_identity, false) as concerns_protected
from messages
left join template on messages.template = template.template
left join residents as addressees on messages.resident_id = addressees.resident_id
left join matters on template.kind = matters.kind and messages.about = matters.about
left join asked on messages.about = asked.about and messages.resident_id = asked.resident_id
left join requests on matters.request_id = requests.request_id
left join volunteers on matters.volunteer_id = volunteers.volunteer_id
left join residents as sides on coalesce(requests.resident_id, matters.series_resident_id) = sides.resident_id
order by messages.send_after, messages.message_id
