-- sealed_notes_about: the sealed notes about the asked residents, or about all of them, with the key of each.
-- Grain:  note_id.
-- Params: $resident_ids varchar[], null for everybody.
select
    note.note_id,
    note.resident_id,
    note.subject,
    person.wrapped_key,
    note.sealed
from identity.note as note
inner join identity.person as person on note.resident_id = person.resident_id
where
    $resident_ids::varchar[] is null
    or note.resident_id in (select unnest($resident_ids::varchar[]))
order by note.note_id
