"""The survey from the command line: its questions, and what a person answered."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import Annotated

import typer

from engine.commands.options import ME, PILOT, Actor, AsOf, At, Db, Json, Mikro, out, print_json, say
from engine.live import surveys
from engine.store import Store

survey = typer.Typer(cls=Mikro, no_args_is_help=True, help="The survey on quality of life.")

LEFT_OUT = "-"


class Occasion(Enum):
    """When the survey was asked."""

    REGISTRATION = "registration"
    FOLLOW_UP = "follow_up"


class Side(Enum):
    """As what the person was asked."""

    RESIDENT = "resident"
    VOLUNTEER = "volunteer"


@survey.command("questions")
def survey_questions(as_json: Json = False) -> None:
    """Show what is asked, in Swedish and English, and how it is scored."""
    scales = surveys.questionnaires()
    if as_json:
        print_json([_told(scale) for scale in scales])
        return
    for scale in scales:
        out.print(f"[bold]{scale.name.en}[/bold], {scale.lowest} to {scale.highest}: {scale.score}.", highlight=False)
        for column, question in scale.questions.items():
            out.print(f"  {column}  {question.sv} / {question.en}", highlight=False)


@survey.command("record")
def survey_record(
    resident_id: str,
    occasion: Occasion,
    who5: Annotated[str | None, typer.Option(help="Five answers of 0 to 5, such as 3,4,-,2,5; - is left out.")] = None,
    ucla3: Annotated[str | None, typer.Option(help="Three answers of 1 to 3.")] = None,
    recommend: Annotated[int | None, typer.Option(help="0 to 10.")] = None,
    side: Annotated[Side, typer.Option(help="As what the person was asked.")] = Side.RESIDENT,
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Record what a person answered; told again of the same occasion, the newest holds."""
    answers = _read("who5", who5, 5) | _read("ucla3", ucla3, 3) | {"recommend": recommend}
    surveys.record_survey(Store(db), actor, resident_id, occasion.value, answers, side=side.value, at=at)
    n_answered = sum(answer is not None for answer in answers.values())
    told = {"resident_id": resident_id, "occasion": occasion.value, "side": side.value, "n_answered": n_answered}
    say(as_json, told, f"Recorded {n_answered} answers.")


@survey.command("decline")
def survey_decline(
    resident_id: str,
    side: Annotated[Side, typer.Option(help="As what the person was asked.")] = Side.RESIDENT,
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Record that a person does not want to be asked, until they answer after all."""
    surveys.decline_survey(Store(db), actor, resident_id, side=side.value, at=at)
    say(as_json, {"resident_id": resident_id, "side": side.value}, f"{resident_id} is asked no more as {side.value}.")


@survey.command("due")
def survey_due(
    after_days: Annotated[int, typer.Option(min=1, help="Days since the last answers.")] = surveys.FOLLOW_UP_DAYS,
    db: Db = PILOT,
    as_of: AsOf = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """List who answered at registration and should be asked again, longest ago first."""
    due = surveys.surveys_due(Store(db), actor, as_of or datetime.now(UTC), after_days)
    if as_json:
        print_json(due.to_dict("records"))
        return
    for row in due.itertuples():
        out.print(f"{row.resident_id}  as {row.side}, last on {row.last_answered_at:%Y-%m-%d}", highlight=False)
    if due.empty:
        out.print("Nobody is due for a follow-up.")


def _read(scale: str, text: str | None, n: int) -> dict[str, int | None]:
    """Read the answers of a scale, ``n`` of them with commas between."""
    if text is None:
        return {}
    words = [word.strip() for word in text.split(",")]
    if len(words) != n or not all(word == LEFT_OUT or word.isdecimal() for word in words):
        raise typer.BadParameter(f"--{scale} takes {n} numbers with commas between, - for one left out, not {text!r}")
    return {f"{scale}_{nth}": None if word == LEFT_OUT else int(word) for nth, word in enumerate(words, start=1)}


def _told(scale: surveys.Questionnaire) -> dict[str, object]:
    questions = {column: {"sv": said.sv, "en": said.en} for column, said in scale.questions.items()}
    names = ("code", "lowest", "highest", "score", "source")
    return {name: getattr(scale, name) for name in names} | {"questions": questions}
