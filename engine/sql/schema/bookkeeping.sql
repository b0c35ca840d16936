-- bookkeeping: which numbered migrations this file has received.
create table main.schema_version (
    version integer primary key,
    name varchar not null,
    checksum varchar not null,
    applied_at timestamp not null
);
