-- prices: what one more volunteer, one cleared check, one more hour or visit a week is worth in a run.
create table facts.run_priced (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    run_id varchar not null,
    n_changes bigint not null,
    slack_points double not null
);

create table facts.worth_found (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    run_id varchar not null,
    kind varchar not null,
    municipality_code varchar not null,
    service varchar,
    language varchar,
    weekday_part varchar,
    volunteer_id varchar,
    check_code varchar,
    estimated_points double not null,
    confirmed_points double,
    check (kind in ('volunteer', 'check', 'hour', 'visit'))
);
