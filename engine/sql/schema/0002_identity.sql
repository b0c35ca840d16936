-- identity: what can be read about a person, sealed under a key of their own, so that it can be erased.
-- Facts know a person by resident_id only. Without the master key, kept elsewhere, nothing here is legible.
create schema identity;

-- key_check: one row, a known text sealed under the master key, to notice a wrong key on opening.
create table identity.key_check (
    sealed blob not null
);

-- person: wrapped_key is the person's data key under the master key, sealed their details under the data key.
create table identity.person (
    resident_id varchar primary key,
    wrapped_key blob not null,
    sealed blob not null
);

-- note: free text about a resident; subject is what it is about, such as a request_id.
create table identity.note (
    note_id varchar primary key,
    resident_id varchar not null,
    subject varchar not null,
    sealed blob not null
);
