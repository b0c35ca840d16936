-- live pilot: what follows a proposal, and the keeping of the pilot.
-- New columns of earlier tables are null in earlier rows. A check of a table cannot be changed in place, so
-- override_stated is made anew and filled; the same goes for how a column is stored. salt keeps the hash of an erased
-- value from being guessed; digests and chain (engine/chain.py) of earlier entries are filled in when this is applied.
alter table facts.entry add column digests varchar;
alter table facts.entry add column chain varchar;
alter table facts.resident_registered add column salt blob;
alter table facts.policy_adopted add column reason_code varchar;
alter table facts.proposal_made alter column travel_minutes drop not null;
alter table facts.proposal_made alter column minutes drop not null;
alter table facts.proposal_made alter column distance_km drop not null;
alter table facts.proposal_made alter column value drop not null;
alter table facts.proposal_made alter column value_distance drop not null;
alter table facts.proposal_made add column salt blob;
alter table facts.request_submitted add column series_id varchar;
alter table facts.offer_answered add column offer_id varchar;
alter table facts.offer_answered add column reason_code varchar;
alter table facts.visit_ended add column side varchar;
alter table facts.visit_ended add column is_late boolean;
alter table facts.visit_ended add column minutes bigint;
alter table facts.visit_ended add column reason_code varchar;

alter table facts.override_stated rename to override_stated_before;

create table facts.override_stated (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    request_id varchar not null,
    volunteer_id varchar not null,
    starts_at timestamp,
    kind varchar not null,
    reason_code varchar not null,
    ends_at timestamp,
    minutes bigint,
    broken_rules varchar[] not null,
    cost_points double,
    check (kind in ('pin', 'forbid', 'by_hand', 'lifted'))
);

insert into facts.override_stated
select
    *,
    null as ends_at,
    null as minutes,
    [] as broken_rules,
    null as cost_points
from facts.override_stated_before;

drop table facts.override_stated_before;

-- What erasure destroys is stored as it is: packed together, a search of the file's bytes could not find what is left.
-- What is sealed is noise, and packing would gain nothing.
alter table facts.grant_decided rename to grant_decided_before;

create table facts.grant_decided ( -- noqa: PRS
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    resident_id varchar not null,
    service varchar not null,
    valid_from date not null,
    valid_to date,
    decision varchar not null using compression uncompressed,
    salt blob
);

insert into facts.grant_decided
select
    *,
    null as salt
from facts.grant_decided_before;

drop table facts.grant_decided_before;

alter table identity.person rename to person_before;

create table identity.person ( -- noqa: PRS
    resident_id varchar primary key,
    wrapped_key blob not null using compression uncompressed,
    sealed blob not null using compression uncompressed
);

insert into identity.person
select * from identity.person_before;

drop table identity.person_before;

alter table identity.note rename to note_before;

create table identity.note ( -- noqa: PRS
    note_id varchar primary key,
    resident_id varchar not null,
    subject varchar not null,
    sealed blob not null using compression uncompressed
);

insert into identity.note
select * from identity.note_before;

drop table identity.note_before;

create table facts.absence_ended (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    volunteer_id varchar not null,
    ends_at timestamp not null
);

create table facts.volunteer_left (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    volunteer_id varchar not null,
    reason_code varchar not null
);

create table facts.series_started (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    series_id varchar not null,
    resident_id varchar not null,
    service varchar not null,
    minutes bigint not null,
    earliest_at timestamp not null,
    latest_at timestamp not null,
    every_days bigint not null,
    n_times bigint not null,
    volunteers_needed bigint not null,
    urgency bigint not null,
    languages varchar[] not null,
    check (n_times >= 1),
    check (every_days >= 1),
    check (minutes >= 1),
    check (urgency between 1 and 3),
    check (volunteers_needed >= 1)
);

create table facts.series_ended (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    series_id varchar not null,
    reason_code varchar not null
);

create table facts.proposal_decided (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    run_id varchar not null,
    request_id varchar not null,
    volunteer_id varchar not null,
    decision varchar not null,
    reason_code varchar,
    check (decision in ('approved', 'rejected'))
);

create table facts.offer_sent (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    offer_id varchar not null,
    request_id varchar not null,
    volunteer_id varchar not null,
    starts_at timestamp not null,
    ends_at timestamp not null,
    minutes bigint,
    distance_km double,
    expires_at timestamp not null,
    run_id varchar,
    salt blob
);

create table facts.offer_closed (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    offer_id varchar not null,
    reason_code varchar not null,
    check (reason_code in ('filled', 'withdrawn', 'replaced', 'left'))
);

create table facts.feedback_given (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    visit_id varchar not null,
    side varchar not null,
    rating bigint not null,
    again boolean,
    check (side in ('resident', 'volunteer')),
    check (rating between 1 and 5)
);

create table facts.incident_reported (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    incident_id varchar not null,
    visit_id varchar,
    resident_id varchar,
    volunteer_id varchar,
    kind varchar not null,
    severity bigint not null,
    check (severity between 1 and 3)
);

create table facts.incident_triaged (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    incident_id varchar not null,
    severity bigint not null,
    action_code varchar not null,
    check (severity between 1 and 3)
);

create table facts.incident_closed (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    incident_id varchar not null,
    outcome_code varchar not null
);

create table facts.role_given (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    account_id varchar not null,
    role varchar not null,
    municipality_codes varchar[] not null
);

create table facts.role_withdrawn (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    account_id varchar not null
);

create table facts.identity_read (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    resident_id varchar not null,
    what varchar not null,
    purpose varchar not null,
    check (what in ('person', 'notes'))
);

create table facts.access_refused (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    account_id varchar not null,
    operation varchar not null
);

create table facts.erasure_requested (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    erasure_id varchar not null,
    resident_id varchar not null,
    legal_basis varchar not null,
    not_before date
);

create table facts.erasure_decided (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    erasure_id varchar not null,
    decision varchar not null,
    reason_code varchar not null,
    check (decision in ('approved', 'refused'))
);

create table facts.person_erased (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    erasure_id varchar not null,
    resident_id varchar not null,
    n_notes bigint not null,
    n_places bigint not null,
    key_trace varchar
);

create table facts.file_rewritten (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    until_entry bigint not null,
    n_files bigint not null,
    n_traces bigint not null,
    n_found bigint not null
);

create table facts.fact_redacted (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    erasure_id varchar not null,
    fact varchar not null,
    in_entry_no bigint not null,
    nth bigint not null,
    original_hash varchar not null,
    redacted_hash varchar not null
);

create table facts.notes_purged (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    rule varchar not null,
    n_notes bigint not null
);

create table facts.message_queued (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    message_id varchar not null,
    template varchar not null,
    resident_id varchar not null,
    about varchar not null,
    language varchar not null,
    send_after timestamp not null
);

create table facts.message_attempted (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    message_id varchar not null,
    attempt bigint not null
);

create table facts.message_settled (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    message_id varchar not null,
    outcome varchar not null,
    reason_code varchar,
    check (outcome in ('sent', 'copied', 'failed', 'given_up'))
);

create table facts.extract_made (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    extract_id varchar not null,
    n_residents bigint not null,
    content_hash varchar not null
);

create table facts.backup_made (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    content_hash varchar not null,
    until_entry bigint not null
);

create table facts.backup_restored (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    content_hash varchar not null,
    until_entry bigint not null
);
