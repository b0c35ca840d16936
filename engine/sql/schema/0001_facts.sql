-- facts: the log, one append-only table per fact kind of engine/facts.py, and the entries they came in.
-- A fact holds what happened, ids and coarse places; names, contacts and free text are in schema identity.
-- There are no foreign keys: DuckDB's break appends and copies. check_integrity finds what they would have.
create schema facts;

-- entry: one row per committed transaction that wrote something, in the order of the log.
create table facts.entry (
    entry_no bigint primary key,
    idempotency_key varchar unique,
    recorded_at timestamp not null,
    actor_id varchar not null,
    action varchar not null,
    n_facts bigint not null
);

create table facts.resident_registered (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    resident_id varchar not null,
    municipality_code varchar not null,
    lat double,
    lon double,
    birth_year bigint not null,
    languages varchar[] not null,
    protected_identity boolean not null
);

create table facts.volunteer_registered (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    volunteer_id varchar not null,
    resident_id varchar not null,
    services varchar[] not null,
    radius_km double not null,
    visits_per_week bigint,
    minutes_per_week bigint,
    joined_at timestamp not null
);

create table facts.availability_stated (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    volunteer_id varchar not null,
    windows struct(weekday utinyint, starts time, ends time)[] not null
);

create table facts.absence_stated (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    volunteer_id varchar not null,
    starts_at timestamp not null,
    ends_at timestamp not null
);

create table facts.check_cleared (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    volunteer_id varchar not null,
    check_code varchar not null,
    valid_from date not null,
    valid_to date
);

create table facts.grant_decided (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    resident_id varchar not null,
    service varchar not null,
    valid_from date not null,
    valid_to date,
    decision varchar not null
);

create table facts.relation_stated (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    resident_id varchar not null,
    volunteer_id varchar not null,
    kind varchar not null,
    check (kind in ('blocked', 'preferred', 'none'))
);

create table facts.request_submitted (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    request_id varchar not null,
    resident_id varchar not null,
    service varchar not null,
    minutes bigint not null,
    earliest_at timestamp not null,
    latest_at timestamp not null,
    volunteers_needed bigint not null,
    urgency bigint not null,
    languages varchar[] not null,
    check (urgency between 1 and 3),
    check (volunteers_needed >= 1),
    check (minutes >= 1)
);

create table facts.request_withdrawn (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    request_id varchar not null
);

create table facts.offer_answered (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    request_id varchar not null,
    volunteer_id varchar not null,
    response varchar not null,
    check (response in ('accepted', 'declined', 'expired'))
);

create table facts.visit_agreed (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    visit_id varchar not null,
    request_id varchar not null,
    volunteer_id varchar not null,
    starts_at timestamp not null,
    ends_at timestamp not null,
    minutes bigint not null
);

create table facts.visit_ended (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    visit_id varchar not null,
    outcome varchar not null,
    check (outcome in ('completed', 'missed', 'cancelled'))
);

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
    check (kind in ('pin', 'forbid', 'lifted'))
);

create table facts.policy_adopted (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    policy varchar not null,
    fingerprint varchar not null,
    content varchar not null,
    reason varchar not null
);

create table facts.run_made (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    run_id varchar not null,
    as_of timestamp not null,
    policy varchar not null,
    fingerprint varchar not null,
    content varchar not null,
    seed bigint not null,
    model varchar not null,
    n_requests bigint not null,
    n_volunteers bigint not null,
    n_candidates bigint not null,
    n_matched bigint not null,
    objective double not null,
    bound double not null,
    gap double not null,
    proof varchar not null,
    candidates_s double not null,
    solve_s double not null,
    check_s double not null,
    input_hash varchar not null,
    input_entry_no bigint not null,
    check (proof in ('optimal', 'within_gap', 'feasible'))
);

create table facts.proposal_made (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    run_id varchar not null,
    request_id varchar not null,
    volunteer_id varchar not null,
    starts_at timestamp not null,
    ends_at timestamp not null,
    travel_minutes bigint not null,
    minutes bigint not null,
    distance_km double not null,
    value double not null,
    value_served double not null,
    value_urgency double not null,
    value_waiting double not null,
    value_distance double not null,
    value_continuity double not null,
    value_preference double not null
);

create table facts.request_unmatched (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    run_id varchar not null,
    request_id varchar not null,
    reason_code varchar not null
);

create table facts.price_found (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    run_id varchar not null,
    leaf bigint not null,
    row varchar not null,
    price double not null
);
