-- surveys, and the life of a policy before it is adopted: drafted, simulated, run in the shadow, guarded once in force.
-- salt keeps the hash of erased answers from being guessed; nothing of shadow_proposal_made tells of a way.
create table facts.survey_answered (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    resident_id varchar not null,
    side varchar not null,
    occasion varchar not null,
    who5_1 bigint,
    who5_2 bigint,
    who5_3 bigint,
    who5_4 bigint,
    who5_5 bigint,
    ucla3_1 bigint,
    ucla3_2 bigint,
    ucla3_3 bigint,
    recommend bigint,
    salt blob,
    check (side in ('resident', 'volunteer')),
    check (occasion in ('registration', 'follow_up'))
);

create table facts.policy_drafted (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    policy varchar not null,
    fingerprint varchar not null,
    content varchar not null,
    reason varchar not null
);

create table facts.policy_simulated (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    simulation_id varchar not null,
    fingerprint varchar not null,
    manifest_hash varchar not null
);

create table facts.band_simulated (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    simulation_id varchar not null,
    measure varchar not null,
    gap_by varchar,
    low double not null,
    high double not null
);

create table facts.shadow_started (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    fingerprint varchar not null
);

create table facts.shadow_ended (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    fingerprint varchar not null
);

create table facts.shadow_run_made (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    shadow_run_id varchar not null,
    run_id varchar,
    as_of timestamp not null,
    policy varchar not null,
    fingerprint varchar not null,
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
    input_hash varchar not null,
    input_entry_no bigint not null,
    check (proof in ('optimal', 'within_gap', 'feasible'))
);

create table facts.shadow_proposal_made (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    shadow_run_id varchar not null,
    request_id varchar not null,
    volunteer_id varchar not null,
    starts_at timestamp not null,
    ends_at timestamp not null
);

create table facts.guardrail_set (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    fingerprint varchar not null,
    simulation_id varchar not null,
    measure varchar not null,
    gap_by varchar,
    low double not null,
    high double not null
);
