-- reference: the tables of engine/reference.py with their types, kept in memory beside the attached pilot.
-- A column without any value has no type of its own, hence these.
create schema memory.reference;

create table memory.reference.service (
    service varchar,
    step integer,
    needs_test boolean,
    valid_from date,
    valid_to date
);

create table memory.reference.service_ground (
    service varchar,
    ground varchar,
    min_age integer,
    max_age integer,
    by_decision boolean
);

create table memory.reference.step_check (
    step integer,
    check_code varchar,
    valid_from date,
    valid_to date,
    max_months integer,
    switch varchar
);

create table memory.reference.holiday (
    day date,
    name varchar
);

create table memory.reference.utc_offset (
    from_at timestamp,
    offset_minutes integer
);
