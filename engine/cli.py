"""``mikro``: the pilot from the command line. The commands are in ``engine/commands``; here they come together."""

from __future__ import annotations

from importlib.metadata import entry_points

import typer

from engine.commands import (
    accounts,
    daily,
    evaluation,
    keeping,
    matching,
    messages,
    overrides,
    policies,
    policy_life,
    prices,
    privacy,
    reasons,
    requests,
    serving,
    surveys,
    visits,
)
from engine.commands.options import Mikro

app = typer.Typer(cls=Mikro, no_args_is_help=True, help="The pilot workbench for kommunala mikrotjänster.")
for part in (matching, serving, reasons, prices, evaluation, daily, keeping, privacy, accounts):
    app.registered_commands += part.app.registered_commands
for entry in entry_points(group="mikro.commands"):  # of packages that the engine may not import
    app.registered_commands += entry.load().registered_commands
policies.policies.registered_commands += policy_life.life.registered_commands
policies.policies.add_typer(policy_life.shadow, name="shadow")
policies.policies.add_typer(policy_life.guardrails, name="guardrails")
app.add_typer(policies.policies, name="policy")
app.add_typer(requests.request, name="request")
app.add_typer(visits.visit, name="visit")
app.add_typer(visits.incident, name="incident")
app.add_typer(surveys.survey, name="survey")
app.add_typer(overrides.override, name="override")
app.add_typer(messages.messages, name="messages")
app.add_typer(accounts.roles, name="roles")
