"""Every rule a candidate must pass, by its code, in the order in which they are tried.

The rules are applied in ``engine/sql``; here they only get their words. A request that stays unmatched carries
the code of the rule that stopped the volunteer who came furthest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in words: ``en`` and ``sv`` complete "not served, because …"."""

    code: str
    en: str
    sv: str


REQUEST_RULES = (
    Rule(
        "protected_identity",
        "the person has a protected identity and is served by hand",
        "personen har skyddade personuppgifter och hanteras för hand",
    ),
    Rule(
        "window_too_short",
        "the time window is shorter than the visit",
        "tidsfönstret är kortare än besöket",
    ),
    Rule(
        "window_too_soon",
        "what is left of the time window, after notice to the volunteer, is shorter than the visit",
        "det som är kvar av tidsfönstret efter varsel till volontären är kortare än besöket",
    ),
    Rule(
        "may_not_ask",
        "the resident may not ask for this service on those days (age or grant)",
        "invånaren får inte begära tjänsten de dagarna (ålder eller beslut)",
    ),
)
"""Rules about the request alone: they keep it from any volunteer."""

PAIR_RULES = (
    Rule("service_not_offered", "no volunteer offers the service", "ingen volontär erbjuder tjänsten"),
    Rule(
        "language_missing",
        "no volunteer who offers it speaks a language asked for",
        "ingen volontär som erbjuder den talar ett önskat språk",
    ),
    Rule(
        "too_far",
        "no such volunteer lives near enough",
        "ingen sådan volontär bor tillräckligt nära",
    ),
    Rule("own_request", "the only one left is the resident in person", "den enda som är kvar är invånaren själv"),
    Rule(
        "blocked",
        "those left are blocked with this resident",
        "de som är kvar är spärrade för invånaren",
    ),
    Rule(
        "declined_before",
        "those left have declined this request",
        "de som är kvar har tackat nej till önskemålet",
    ),
    Rule(
        "forbidden",
        "a coordinator has ruled out those left",
        "en samordnare har uteslutit dem som är kvar",
    ),
    Rule(
        "already_agreed",
        "those left are already coming to this request",
        "de som är kvar kommer redan till detta besök",
    ),
    Rule(
        "already_asked",
        "those left have been asked and have not answered yet",
        "de som är kvar har fått frågan och har inte svarat ännu",
    ),
    Rule(
        "asked_enough",
        "those left have been asked as often as a week allows",
        "de som är kvar har fått så många förfrågningar som en vecka tillåter",
    ),
    Rule(
        "not_free",
        "none of those left is free long enough in the window",
        "ingen av dem som är kvar är ledig tillräckligt länge i fönstret",
    ),
    Rule(
        "check_missing",
        "those left lack a check the service demands, or it is too old on the day",
        "de som är kvar saknar en kontroll som tjänsten kräver, eller så är den för gammal den dagen",
    ),
    Rule("holiday", "those left are free only on a public holiday", "de som är kvar är lediga bara på en helgdag"),
    Rule("absent", "those left are away", "de som är kvar är bortresta"),
    Rule(
        "busy",
        "those left have another visit then, the way between counted",
        "de som är kvar har ett annat besök då, resvägen inräknad",
    ),
    Rule(
        "week_full",
        "those left have no visits or minutes left that week",
        "de som är kvar har inga besök eller minuter kvar den veckan",
    ),
)
"""Rules about one volunteer and one request, in the order tried."""

BETTER_USED = Rule(
    "better_used_elsewhere",
    "those who could come are worth more elsewhere",
    "de som kunde komma gör mer nytta på annat håll",
)

PARTLY_SERVED = Rule(
    "partly_served",
    "it gets some, not all, of the volunteers it needs",
    "det får några, men inte alla, volontärer som behövs",
)

OUTSIDE_WINDOW = Rule(
    "outside_window",
    "the visit lies outside the time window asked for",
    "besöket ligger utanför det önskade tidsfönstret",
)
"""Can only be broken by hand: no candidate ever lies there."""

NEVER_BY_HAND = frozenset(
    {
        "may_not_ask",
        "own_request",
        "blocked",
        "declined_before",
        "already_agreed",
        "already_asked",
        "check_missing",
        "busy",
    }
)
"""Rules that nobody may break, whatever the reason."""

ALL_RULES = (*REQUEST_RULES, *PAIR_RULES, BETTER_USED, PARTLY_SERVED, OUTSIDE_WINDOW)

WORDS = {rule.code: rule for rule in ALL_RULES}


def in_words(codes: Iterable[str]) -> str:
    """Say several rules in English, one after the other."""
    return "; ".join(WORDS[code].en for code in codes)
