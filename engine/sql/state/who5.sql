-- who5: the WHO-5 well-being index, 0 (worst) to 100 (best): the sum of the five answers (0-5), times 4.
-- Source: Topp, Ostergaard, Sondergaard, Bech (2015), Psychotherapy and Psychosomatics 84(3):167-176. The published score
-- is a sum of all five and has no rule for filling in one that is missing: then there is none (null).
create or replace macro who5(first, second, third, fourth, fifth) as 4 * (first + second + third + fourth + fifth);
