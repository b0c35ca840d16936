-- kept_volunteer_weeks: the rows of volunteer_weeks, as kept for this reading.
-- Grain:  volunteer_id, week.
-- Needs:  volunteer_weeks.
select * from volunteer_weeks
order by volunteer_id, week
