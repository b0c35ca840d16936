-- ucla3: the three-item loneliness scale, 3 (least lonely) to 9: the sum of the three answers (1-3).
-- Source: Hughes, Waite, Hawkley, Cacioppo (2004), Research on Aging 26(6):655-672. The published score is a sum of all
-- three and has no rule for filling in one that is missing: then there is none (null).
create or replace macro ucla3(first, second, third) as first + second + third;
