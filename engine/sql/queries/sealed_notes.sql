-- sealed_notes: the sealed notes on a subject, with the key of the person each is about.
-- Grain:  note_id.
-- Params: $subject, such as a request_id.
select
    note.note_id,
    note.resident_id,
    person.wrapped_key,
    note.sealed
from identity.note as note
inner join identity.person as person on note.resident_id = person.resident_id
where note.subject = $subject
order by note.note_id
