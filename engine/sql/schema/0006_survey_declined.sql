-- a person does not want to be asked the survey.
create table facts.survey_declined (
    entry_no bigint not null,
    occurred_at timestamp not null,
    recorded_at timestamp not null,
    actor_id varchar not null,
    resident_id varchar not null,
    side varchar not null,
    check (side in ('resident', 'volunteer'))
);
