"""The survey of a person: what they answered before, and the form in which their answers are taken down.

Nobody has to answer, nor every question: what is left out is left out, and who declines is asked no more.
"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import codes, parts
from dashboard.drafts import Draft
from dashboard.frame import Here
from dashboard.service import intake, surveys
from dashboard.words import _, day, language, ngettext, number


def show(found: Here, person: intake.Person) -> None:
    """Show a person's surveys, and take one down."""
    if person.is_protected:
        st.info(
            _("People with a protected identity are asked for no survey: nothing about them is kept in the figures."),
            icon=":material/shield_person:",
        )
        return
    with parts.doing(_("Looking …")):
        told = surveys.of_person(found.store, found.actor_id, person.resident_id, found.now)
        _earlier(told.answered)
        sides = ("resident", "volunteer") if person.volunteer_id else ("resident",)
        side = sides[0] if len(sides) == 1 else st.segmented_control(
            _("Asked as"), sides, format_func=codes.side, key=f"survey-side-{person.resident_id}", default=sides[0],
            required=True,
        )  # fmt: skip
        if str(side) in told.declined:
            st.info(_("Does not want to answer, and is asked no more."), icon=":material/do_not_disturb_on:")
            if not st.toggle(_("Wants to answer after all"), key=f"survey-after-all-{person.resident_id}-{side}"):
                return
        _form(found, person.resident_id, str(side), told)


def occasions() -> dict[str, str]:
    """Name the occasions of the survey."""
    return {"registration": _("At registration"), "follow_up": _("Follow-up")}


def _earlier(answered: pd.DataFrame) -> None:
    """List what was answered before, with the scores."""
    names = occasions()
    shown = answered.assign(
        when=[day(at, "d MMM y") for at in answered["answered_at"]],
        said_occasion=[names[code] for code in answered["occasion"]],
        said_side=[codes.side(code) for code in answered["side"]],
        said_who5=[_score(value) for value in answered["who5"]],
        said_ucla3=[_score(value) for value in answered["ucla3"]],
        said_recommend=[_score(value) for value in answered["recommend"]],
    )
    columns = {
        "when": _("Day"),
        "said_occasion": _("Occasion"),
        "said_side": _("As"),
        "said_who5": st.column_config.TextColumn(_("WHO-5"), help=_("0 is worst, 100 best.")),
        "said_ucla3": st.column_config.TextColumn(_("UCLA-3"), help=_("3 is least lonely, 9 most.")),
        "said_recommend": st.column_config.TextColumn(_("Would recommend"), help=_("0 to 10.")),
    }
    parts.table(shown, columns, key="survey-earlier", empty=_("No survey was answered so far."))


def _score(value: float) -> str:
    return "–" if pd.isna(value) else number(value, 0)


def _form(found: Here, resident_id: str, side: str, told: surveys.SurveysOf) -> None:
    """Ask the questions with their own words; one left out stays empty."""
    form = f"survey-{resident_id}-{side}"
    questions = [question for scale in surveys.questionnaires() for question in scale.questions]
    draft = parts.draft(form, [f"{form}-{question}" for question in questions])
    names, wanted = occasions(), surveys.wanted_occasion(told.answered, side)
    occasion = st.radio(
        _("Occasion"), list(names), format_func=lambda code: names[code], horizontal=True, key=f"{form}-occasion",
        index=surveys.OCCASIONS.index(wanted),
    )  # fmt: skip
    st.caption(
        _("Answering is voluntary, and so is each question. The answers are destroyed when the person is erased.")
    )
    answers: dict[str, int | None] = {}
    for scale in surveys.questionnaires():
        answers |= _scale(scale, form)
    draft.keep()
    n_left = sum(answer is None for answer in answers.values())
    if 0 < n_left < len(answers):
        st.caption(
            ngettext("{n} question is not answered.", "{n} questions are not answered.", n_left).format(n=n_left)
        )
    _buttons(found, resident_id, side, str(occasion), answers, draft)


def _scale(scale: surveys.Questionnaire, form: str) -> dict[str, int | None]:
    """Ask the questions of a scale, and say when there will be no score."""
    said = language()
    st.subheader(scale.name.said_in(said), anchor=False)
    st.markdown(parts.escaped(scale.asks.said_in(said)))
    values = list(range(scale.lowest, scale.highest + 1))
    names = {
        value: words.said_in(said) for value, words in zip(values, scale.answers, strict=False)
    } or {value: str(value) for value in values}  # fmt: skip
    answers: dict[str, int | None] = {
        column: st.radio(
            question.said_in(said), values, format_func=names.__getitem__, index=None, horizontal=True,
            key=f"{form}-{column}",
        )
        for column, question in scale.questions.items()
    }  # fmt: skip
    if 0 < sum(answer is None for answer in answers.values()) < len(answers):
        st.caption(_("No score: one of its questions is not answered."))
    return answers


def _buttons(
    found: Here, resident_id: str, side: str, occasion: str, answers: dict[str, int | None], draft: Draft
) -> None:
    """Save the answers, or that there will be none."""
    nothing = all(answer is None for answer in answers.values())
    if st.button(
        _("Save the answers"), type="primary", key=f"survey-save-{resident_id}", disabled=nothing,
        icon=":material/save:",
    ):  # fmt: skip
        with parts.doing(_("Saving …")):
            surveys.record(found.store, found.actor_id, resident_id, side, occasion, answers, found.now)
            draft.forget()
            parts.done(_("The answers were saved."))
            st.rerun()
    question = _("They are asked for no survey any more, until they answer one after all. Record it?")
    if parts.confirm(_("Does not want to answer"), question, key=f"survey-decline-{resident_id}-{side}"):
        with parts.doing(_("Saving …")):
            surveys.decline(found.store, found.actor_id, resident_id, side, found.now)
            draft.forget()
            parts.done(_("Recorded: they are asked no more."))
            st.rerun()
