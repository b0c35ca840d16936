"""Messages are queued once, in the reader's language, and say what the reader needs at that step and no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import meta
from small_outbox import (
    ADA_AT_HOME,
    AFTER,
    CALLED_OFF,
    DONE,
    OFFER,
    PEOPLE,
    RUT,
    VISIT,
    YES,
    agreed,
    append,
    keep,
    queued,
)
from small_pilot import MILK, NOW, TUESDAY

from engine import facts, notify
from engine.clock import utc_of
from engine.errors import AccessDenied, ImpossibleStep, InputError
from engine.live import reminders
from engine.messages import letters, links, outbox

SERIES = facts.SeriesStarted(
    occurred_at=NOW, series_id="s1", resident_id="rut", service="shopping", minutes=60,
    earliest_at=TUESDAY.replace(hour=9), latest_at=TUESDAY.replace(hour=12), every_days=7, n_times=10,
    volunteers_needed=1, urgency=1, languages=(),
)  # fmt: skip


@pytest.fixture(autouse=True)
def address_of_the_dashboard(monkeypatch):
    monkeypatch.setenv("MIKRO_BASE_URL", "https://mikro.example.se")
    monkeypatch.setenv("MIKRO_CONTACT", "Telefon 042-10 50 00")


def shown(store, template, resident_id, about, now=NOW, **how):
    return outbox.show(store, "anna", queued(store, template, resident_id, about, **how), now=now)


def link_in(store, text, now=NOW):
    [token] = [line.partition("token=")[2] for line in text.splitlines() if "token=" in line]
    return links.read(store, token, now)


def reads_of(store):
    with store.reading() as reading:
        read = reading.facts_of("identity_read").to_pandas()
    return list(zip(read["actor_id"], read["resident_id"], read["purpose"], strict=True))


def test_the_same_thing_is_said_once():
    store = agreed()

    queued(store, "offer", "ada", "o1")
    with store.transaction("test", "again") as transaction:
        again = notify.queue(transaction, "offer", "ada", "o1")

    assert again is None
    assert len(outbox.messages(store, "anna")) == 1


def test_the_same_thing_twice_in_one_step_is_said_once():
    store = agreed()

    with store.transaction("test", "twice") as transaction:
        first, second = (notify.queue(transaction, "offer", "ada", "o1") for _ in range(2))

    assert (first is not None, second) == (True, None)


def test_facts_of_the_same_message_from_two_programs_are_one_message():
    store = agreed()
    with store.transaction("test", "queue") as transaction:
        message = notify.queue(transaction, "offer", "ada", "o1")
    append(store, message, message)

    assert outbox.messages(store, "anna")["message_id"].tolist() == [message.message_id]


def test_another_occasion_is_another_message():
    store = agreed()
    ids = {queued(store, "nobody_yet", "rut", "milk", occasion=str(week)) for week in (1, 2)}

    assert len(ids) == 2


@given(st.lists(st.text(max_size=8), min_size=4, max_size=4), st.lists(st.text(max_size=8), min_size=4, max_size=4))
def test_different_messages_have_different_ids(one, other):
    assert (notify.message_id_of(*one) == notify.message_id_of(*other)) == (one == other)


@pytest.mark.parametrize(
    ("spoken", "language"),
    [((), "sv"), (("sv",), "sv"), (("en", "sv"), "sv"), (("ar", "en"), "en"), (("ar",), "sv")],
)
def test_swedish_unless_only_english_will_do(spoken, language):
    assert notify.language_of(spoken) == language


def test_a_message_is_in_the_language_of_its_reader_unless_said_otherwise():
    store = agreed()
    append(store, replace(ADA_AT_HOME, languages=("en", "ar")))

    assert shown(store, "offer", "ada", "o1").subject == "Can you help on Tuesday 1 December?"
    assert shown(store, "offer_reminder", "ada", "o1", language="sv").subject.startswith("Hinner du svara")


@pytest.mark.parametrize(
    ("template", "resident_id", "language", "sentence"),
    [
        ("poem", "ada", None, "There is no message 'poem'; there are offer, offer_reminder"),
        ("offer", "eva", None, "There is no resident 'eva' to write to."),
        ("offer", "ada", "fi", "Messages are written in sv or en, not in 'fi'."),
    ],
)
def test_what_cannot_be_queued_is_refused_in_a_sentence(template, resident_id, language, sentence):
    store = agreed()

    with pytest.raises(InputError, match=sentence), store.transaction("test", "queue") as transaction:
        notify.queue(transaction, template, resident_id, "o1", language)


def test_an_offer_says_what_a_volunteer_must_know_before_a_yes_and_not_who_or_where():
    store = agreed()

    offer = shown(store, "offer", "ada", "o1")

    for needed in ("Hej Ada!", "Inköp", "tisdag 1 december kl. 9.00–10.00", "Helsingborg", "högst 2 km från dig",
                   "senast måndag 30 november kl. 14.00", "Telefon 042-10 50 00"):  # fmt: skip
        assert needed in offer.text
    for hidden in ("Rut", "Ek", "070-1740605", "Storgatan", "rut@example.se", "56.04", "12.69"):
        assert hidden not in offer.subject + offer.text
    assert link_in(store, offer.text) == links.Link("answer_offer", "o1", "volunteer", OFFER.expires_at, "o1")


def test_for_an_offer_nobody_but_its_reader_is_read():
    store = agreed()

    shown(store, "offer", "ada", "o1")

    assert reads_of(store) == [("anna", "ada", "message offer")]


def test_after_the_yes_the_volunteer_learns_where_to_go_and_whom_to_call():
    store = agreed(YES, VISIT)

    confirmation = shown(store, "confirmation", "ada", "v1")

    for needed in ("Vem: Rut", "Var: Storgatan 1, 252 20 Helsingborg", "Telefon: 070-1740605", "Inköp"):
        assert needed in confirmation.text
    for hidden in ("Ek", "rut@example.se", "56.04"):
        assert hidden not in confirmation.text
    assert reads_of(store) == [("anna", "ada", "message confirmation"), ("anna", "rut", "message confirmation")]


def test_the_resident_learns_a_first_name_and_when():
    store = agreed(YES, VISIT)

    confirmation = shown(store, "confirmation", "rut", "v1")

    assert "Ada kommer och hjälper dig." in confirmation.text
    assert "tisdag 1 december kl. 9.00–10.00" in confirmation.text
    for hidden in ("Lovelace", "070-1740606", "Lilla vägen", "ada@example.se"):
        assert hidden not in confirmation.subject + confirmation.text
    link = link_in(store, confirmation.text)
    assert (link.purpose, link.side, link.expires_at) == ("cancel_visit", "resident", utc_of(VISIT.starts_at))


def test_no_subject_names_anybody_or_the_service():
    store = agreed(YES, VISIT)
    subjects = [shown(store, "confirmation", who, "v1").subject for who in ("ada", "rut")]
    subjects += [shown(store, "reminder", who, "v1").subject for who in ("ada", "rut")]

    assert not any(word in subject for word in ("Ada", "Rut", "Inköp") for subject in subjects)


def test_both_sides_are_told_of_a_cancellation_without_each_others_names():
    store = agreed(YES, VISIT, CALLED_OFF)

    texts = [shown(store, "cancellation", who, "v1").text for who in ("ada", "rut")]

    assert all("blir inte av" in text for text in texts)
    assert "Rut" not in texts[0]
    assert "Ada" not in texts[1]


def test_thanks_ask_for_feedback_for_two_weeks():
    store = agreed(YES, VISIT, DONE)

    thanks = shown(store, "thanks", "rut", "v1", now=AFTER)

    link = link_in(store, thanks.text, AFTER)
    assert (link.purpose, link.about, link.side) == ("give_feedback", "v1", "resident")
    assert link.expires_at == utc_of(VISIT.ends_at) + timedelta(days=14)


def test_a_waiting_resident_is_told_so_and_may_take_the_request_back():
    store = agreed()

    word = shown(store, "nobody_yet", "rut", "milk")

    assert "inte hittat någon" in word.text
    assert link_in(store, word.text).account_id == "link:rut"
    assert link_in(store, word.text).about == "milk"


def test_a_series_is_confirmed_with_how_often_and_how_many_times():
    store = agreed(SERIES)

    word = shown(store, "series", "rut", "s1")

    assert "varje vecka, 10 gånger" in word.text
    assert "tisdag 1 december kl. 9.00–12.00" in word.text
    assert link_in(store, word.text).expires_at == utc_of(TUESDAY.replace(hour=12) + timedelta(days=70))


def test_without_an_address_of_the_dashboard_there_is_no_link_but_a_word_what_to_do(monkeypatch):
    monkeypatch.delenv("MIKRO_BASE_URL")
    store = agreed()

    offer = shown(store, "offer", "ada", "o1")

    assert "http" not in offer.text
    assert "Säg ja eller nej till oss senast" in offer.text


def test_nobody_without_a_name_or_an_address_breaks_a_letter():
    store = agreed(YES, VISIT, people={"rut": {}, "ada": {}})

    confirmation = shown(store, "confirmation", "ada", "v1")

    assert confirmation.text.startswith("Hej!")
    assert "Vem: den som bad om hjälp\n" in confirmation.text
    assert "Vi har ingen adress" in confirmation.text
    assert "None" not in confirmation.text


@given(st.text(max_size=300))
def test_no_name_can_add_a_line_or_a_header(name):
    values = {
        "first_name": letters.first_name(name), "other": name, "address": name, "phone": name, "service": "Inköp",
        "when": "när", "day": "dag", "municipality": "Bjuv", "contact": name, "link": None,
    }  # fmt: skip

    subject, text = letters.rendered("confirmation", "volunteer", "sv", values)
    _, plain = letters.rendered("confirmation", "volunteer", "sv", values | dict.fromkeys(
        ("other", "address", "phone", "contact"), "X"))  # fmt: skip

    assert subject == "Tack! Ditt besök dag"
    assert len(text.splitlines()) <= len(plain.splitlines()) + 2  # two sentences stand in for what is unknown
    assert all(len(line) <= letters.LONGEST_DETAIL + 20 for line in text.splitlines())


def test_a_megabyte_of_a_name_does_not_become_a_megabyte_of_mail():
    store = agreed(people={"ada": PEOPLE["ada"] | {"name": "A" * 1_000_000}})

    assert len(shown(store, "offer", "ada", "o1").text) < 2_000


@pytest.mark.parametrize("language", letters.LANGUAGES)
@pytest.mark.parametrize("template", letters.TEMPLATES.values(), ids=lambda template: template.code)
def test_every_message_has_its_text_for_every_side_in_every_language(template, language):
    environment = letters._templates(language)
    values = {
        "first_name": "Ada", "other": "Rut", "address": "", "phone": "", "service": "Inköp", "when": "w",
        "day": "d", "municipality": "Bjuv", "contact": "", "link": "https://x", "area": "Bjuv", "distance": "1 km",
        "answer_by": "b", "how_often": "often", "n_times": 3, "is_filled": True,
    }  # fmt: skip

    for side in template.sides:
        source, _, _ = environment.loader.get_source(environment, f"{template.code}_{side}.txt")
        asked_for = meta.find_undeclared_variables(environment.parse(source))
        subject, text = letters.rendered(template.code, side, language, values)

        assert asked_for <= values.keys()
        assert ("link" in asked_for) == (template.purpose is not None)
        assert bool(asked_for & {"other", "address", "phone"}) == template.names_other
        assert subject
        assert "{" not in text


def test_no_text_is_left_over():
    wanted = {f"{code}_{side}.txt" for code, template in letters.TEMPLATES.items() for side in template.sides}

    for language in letters.LANGUAGES:
        found = {path.name for path in (letters.TEMPLATES_FOLDER / language).iterdir()}
        assert found == wanted | {"_footer.txt"}


@pytest.mark.parametrize(
    ("every_days", "sv", "en"),
    [(1, "varje dag", "every day"), (14, "varannan vecka", "every other week"),
     (21, "var 3:e vecka", "every 3 weeks"), (10, "var 10:e dag", "every 10 days")],
)  # fmt: skip
def test_how_often_is_said_as_people_say_it(every_days, sv, en):
    assert letters.how_often(every_days, "sv") == sv
    assert letters.how_often(every_days, "en") == en


@pytest.mark.parametrize(
    ("km", "words"),
    [(None, ""), (float("nan"), ""), (0.0, "mindre än 1 km"), (1.0, "högst 1 km"), (1.01, "högst 2 km")],
)
def test_the_way_is_told_in_whole_kilometres_so_that_no_house_is_found_by_it(km, words):
    assert letters.way_of(km, "sv") == words


def test_a_visit_past_midnight_names_both_days():
    late = letters.stretch_of(datetime(2026, 12, 31, 23, 30), datetime(2027, 1, 1, 0, 15), "en")

    assert late == "Thursday 31 December at 23:30 – Friday 1 January at 0:15"


def test_a_reminder_goes_out_the_day_before_at_nine_by_the_wall_clock():
    assert notify.day_before(datetime(2026, 3, 30, 14)) == utc_of(datetime(2026, 3, 29, 9))
    assert notify.day_before(datetime(2026, 3, 29, 14)) == utc_of(datetime(2026, 3, 28, 9))


OUTDATED = [
    ("offer", "ada", "o1", (YES, VISIT), NOW, "the offer is answered"),
    ("offer_reminder", "ada", "o1", (), OFFER.expires_at, "the offer has expired"),
    ("confirmation", "rut", "v1", (YES, VISIT, CALLED_OFF), NOW, "the visit is off"),
    ("reminder", "ada", "v1", (YES, VISIT), AFTER, "the visit is over"),
    ("cancellation", "ada", "v1", (YES, VISIT), NOW, "the visit is on"),
    ("thanks", "rut", "v1", (YES, VISIT), NOW, "the visit has not been"),
    ("nobody_yet", "rut", "milk", (YES, VISIT), NOW, "somebody comes"),
    ("series", "rut", "s1", (SERIES, facts.SeriesEnded(occurred_at=NOW, series_id="s1", reason_code="moved")), NOW,
     "the series has ended"),
    ("offer_filled", "ada", "o1", (facts.OfferClosed(occurred_at=NOW, offer_id="o1", reason_code="filled"),), NOW,
     "the volunteer was never asked"),
]  # fmt: skip


@pytest.mark.parametrize(("template", "who", "about", "log", "now"), [case[:5] for case in OUTDATED],
                         ids=[case[5] for case in OUTDATED])  # fmt: skip
def test_what_is_no_longer_true_is_not_said(template, who, about, log, now):
    store = agreed(*log)
    message_id = queued(store, template, who, about)

    with pytest.raises(ImpossibleStep, match="cannot be shown: what it says is no longer true"):
        outbox.show(store, "anna", message_id, now=now)
    assert reads_of(store) == []


@pytest.mark.parametrize(("reason", "words"), [("filled", "Någon annan hann svara ja"), ("withdrawn", "inte längre")])
def test_a_volunteer_who_was_asked_hears_that_no_answer_is_needed(reason, words):
    store = agreed()
    outbox.copied(store, "anna", queued(store, "offer", "ada", "o1"))
    append(store, facts.OfferClosed(occurred_at=NOW, offer_id="o1", reason_code=reason))

    assert words in shown(store, "offer_filled", "ada", "o1").text


@pytest.mark.parametrize("about", ["o2", "v1"])
def test_a_message_about_nothing_in_the_pilot_is_not_sent(about):
    store = agreed(YES, VISIT)

    with pytest.raises(ImpossibleStep, match="what it is about is not in the pilot"):
        shown(store, "offer", "ada", about)


def test_a_message_to_somebody_who_has_nothing_to_do_with_it_is_not_sent():
    store = agreed()

    with pytest.raises(ImpossibleStep, match="its addressee has nothing to do with what it is about"):
        shown(store, "offer", "rut", "o1")


@pytest.mark.parametrize("protected", [RUT, ADA_AT_HOME], ids=["who asks", "who helps"])
@pytest.mark.parametrize("reader", ["rut", "ada"])
def test_where_an_identity_is_protected_nothing_is_written_to_either_side(protected, reader):
    store = agreed(YES, VISIT)
    message_id = queued(store, "confirmation", reader, "v1")
    append(store, replace(protected, occurred_at=NOW, lat=None, lon=None, protected_identity=True))

    [listed] = outbox.messages(store, "anna").itertuples()
    with pytest.raises(ImpossibleStep, match="protected identity: contact them by hand"):
        outbox.show(store, "anna", message_id)

    assert (listed.status, listed.is_due, listed.is_open) == ("by_hand", False, True)
    assert reads_of(store) == []


def test_what_was_done_by_hand_leaves_the_list():
    store = agreed()
    message_id = queued(store, "offer", "ada", "o1")
    append(store, replace(RUT, occurred_at=NOW, lat=None, lon=None, protected_identity=True))

    outbox.copied(store, "anna", message_id)

    [listed] = outbox.messages(store, "anna").itertuples()
    assert (listed.status, listed.is_open) == ("copied", False)


def test_a_person_who_was_erased_gets_no_message():
    store = agreed(YES, VISIT, people={"ada": PEOPLE["ada"]})

    for reader in ("ada", "rut"):
        with pytest.raises(ImpossibleStep, match="nothing is kept of a person it needs"):
            shown(store, "confirmation", reader, "v1")


def test_a_resident_hears_after_three_days_and_then_every_week_that_nobody_is_found_yet():
    store = agreed(replace(MILK, occurred_at=NOW, request_id="lamp", latest_at=TUESDAY + timedelta(days=12)))

    for day in range(1, 16):  # the window is over after two weeks
        reminders.queue_reminders(store, "anna", now=NOW + timedelta(days=day))

    told = outbox.messages(store, "anna").query("about == 'lamp'")["queued_at"]
    assert [(moment.tz_localize("UTC") - NOW).days for moment in told] == [3, 10]


def test_a_volunteer_is_reminded_once_when_half_of_the_time_to_answer_is_over():
    store = agreed()
    half = NOW + timedelta(hours=10)

    n_queued = [
        reminders.queue_reminders(store, "anna", now=half + wait)
        for wait in (timedelta(minutes=-1), timedelta(0), timedelta(hours=1))
    ]
    templates = outbox.messages(store, "anna")["template"].tolist()

    assert n_queued == [1, 1, 0]  # the first one is Rut's, who has waited for five days
    assert templates == ["nobody_yet", "offer_reminder"]


def test_messages_are_for_the_municipality_of_their_reader_alone():
    store = agreed(facts.RoleGiven(occurred_at=NOW, account_id="bo", role="coordinator", municipality_codes=("1292",)))
    keep(store, PEOPLE)
    message_id = queued(store, "offer", "ada", "o1")

    assert outbox.messages(store, "bo").empty
    assert reminders.queue_reminders(store, "bo", now=NOW + timedelta(hours=15)) == 0
    for step in (outbox.show, outbox.copied):
        with pytest.raises(AccessDenied, match="bo may not send, show or copy messages in Helsingborg"):
            step(store, "bo", message_id)
    with pytest.raises(AccessDenied, match="anna has no role"):
        outbox.messages(store, "anna")
