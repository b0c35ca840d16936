"""Administration: roles, who did and read what, people's rights, retention, the research extract, backups."""

from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from dashboard import aside, codes, parts, rights
from dashboard.frame import Stamp, here
from dashboard.service import administration as service
from dashboard.words import _, moment, number
from engine.clock import local_of
from engine.reference import MUNICIPALITIES
from engine.standing import ROLES

found = here()
store, me = found.store, found.actor_id


def show_roles() -> None:
    """Show who has which role, and give or withdraw one."""
    with parts.doing(_("Reading the roles …")):
        given = service.roles(store, me)
        if given.empty:
            st.info(
                _(
                    "No role was ever given: whoever has the file and its key may do everything. The first role is an"
                    " admin's."
                ),
                icon=":material/info:",
            )
        told = given.assign(said=[aside.role_name(code) for code in given["role"]])
        columns = {"account_id": _("Account"), "said": _("Role"), "municipalities": _("Municipalities")}
        picked = parts.table(told, columns, key="administration-roles", select="one", empty=_("No account has a role."))
        for account in picked["account_id"]:
            question = _("Take the role of {account} away? The account can do nothing from then on.")
            if parts.confirm(_("Withdraw the role"), question.format(account=account), key=f"withdraw-{account}"):
                service.withdraw_role(store, me, account)
                parts.done(_("{account} has no role any more.").format(account=account))
                st.rerun()
    st.subheader(_("Give a role"), anchor=False)
    with st.form("administration-give", border=True):
        account = st.text_input(
            _("Account (required)"), key="give-account", max_chars=100,
            help=_("As the login names it: letters, digits and . _ @ : -. It is kept in the log for ever."),
        )  # fmt: skip
        role = st.selectbox(_("Role"), list(ROLES), format_func=aside.role_name, key="give-role")
        chosen = st.multiselect(
            _("Municipalities, for coordinators"), list(MUNICIPALITIES), format_func=codes.municipality,
            key="give-municipalities", placeholder=_("Choose"),
        )  # fmt: skip
        is_given = st.form_submit_button(_("Give the role"), type="primary")
    if is_given:
        with parts.doing(_("Giving the role …")):
            service.give_role(store, me, account, role, chosen)
            parts.done(_("{account} is {role} now.").format(account=account, role=aside.role_name(role)))
            st.rerun()


@st.cache_data(max_entries=50, show_spinner=False)
def lines_of(stamp: Stamp, account: str, resident: str, days: tuple[date, date], reads_only: bool) -> pd.DataFrame:
    """Read lines of the log; the stamp says in which state of the pilot, for whom and in which minute."""
    return service.audit(store, stamp.account, account, resident, days, reads_only=reads_only)


def show_audit() -> None:
    """Show who did, read and was refused what."""
    today = local_of(found.now).date()
    left, middle, right = st.columns(3)
    account = left.text_input(_("Account"), key="audit-account")
    resident = middle.text_input(_("Person's id"), key="audit-resident", value=parts.given("resident") or "")
    days = right.date_input(
        _("From and to"), value=(today - timedelta(days=7), today), key="audit-days", format="YYYY-MM-DD"
    )
    reads_only = st.checkbox(_("Only who was looked at"), key="audit-reads")
    if not isinstance(days, tuple) or len(days) != 2:
        st.caption(_("Choose two days."))
        return
    with parts.doing(_("Reading the log …")):
        rows = lines_of(found.stamp, account, resident, days, reads_only)
        kinds = {"did": _("did"), "read": _("looked at a person"), "refused": _("was refused")}
        shown = rows.head(service.LINES_SHOWN)
        told = shown.assign(
            when=[moment(at, "d MMM HH:mm:ss") for at in shown["when"]],
            said=[kinds.get(kind, kind) for kind in shown["kind"]],
            why=[service.why_read(purpose) for purpose in shown["purpose"]],
            about=[_("everybody") if who == service.EVERYBODY else who for who in shown["subject"]],
        )
        columns = {
            "entry_no": _("Entry"), "when": _("When"), "actor_id": _("Account"), "said": _("Did or read"),
            "action": _("Step"), "about": _("Person"), "why": _("Why"), "facts": _("Written"),
        }  # fmt: skip
        nothing = _("The log has nothing of the kind.")
        parts.table(told, columns, key="administration-audit", download="audit", empty=nothing)
        if len(rows) > len(shown):
            st.caption(
                _("The newest {shown} of {all} lines are shown; choose fewer days for the others.").format(
                    shown=number(len(shown), 0), all=number(len(rows), 0)
                )
            )
    show_proof()


def show_proof() -> None:
    """Check the whole log against its hashes."""
    st.subheader(_("Is the log as it was written?"), anchor=False)
    st.caption(_("Every entry carries a hash of what was written and of the entry before, so that any change shows."))
    if not st.button(_("Check the whole log"), key="verify-log", icon=":material/verified:"):
        return
    with parts.doing(_("Checking …")):
        checked = service.verify_log(store, me)
        counted = _("{entries} entries with {facts} facts were checked.").format(
            entries=number(checked.n_entries, 0), facts=number(checked.n_facts, 0)
        )
        if checked.faults:
            st.error(_("The log is NOT as it was written."), icon=":material/gpp_bad:")
            parts.table(
                pd.DataFrame([{"said": fault.sentence} for fault in checked.faults]),
                {"said": _("What was found")},
                key="log-faults",
            )
        else:
            st.success(f"{_('The log is whole.')} {counted}", icon=":material/verified:")
        st.caption(_("Write this down elsewhere; it shows later whether the end was cut off:"))
        st.code(checked.head, language=None)


def show_extract() -> None:
    """Make the pseudonymised research extract."""
    st.markdown(
        _(
            "What happened in the pilot, without anybody in it: pseudonyms, coarse places, no free text. It is proved"
            " on the spot to tell of nobody before it leaves."
        )
    )
    if st.button(_("Make the research extract"), key="extract-make"):
        st.session_state.pop(f"extract-made-{me}", None)
        with parts.doing(_("Making and proving the extract …")):
            st.session_state[f"extract-made-{me}"] = service.extract(store, me, found.now)
    if packed := st.session_state.get(f"extract-made-{me}"):
        st.download_button(
            _("Download the extract (ZIP)"), packed, "extract.zip", "application/zip", icon=":material/download:",
            key="extract-zip",
        )  # fmt: skip


def show_backups() -> None:
    """Make a backup, and show those that were made."""
    with parts.doing(_("Reading …")):
        made = service.backups(store, me)
        st.caption(
            _(
                "A backup is a copy of the pilot, opened to see that it is whole. The key is not in it: keep the key"
                " elsewhere. `mikro restore` brings a backup back."
            )
        )
        if st.button(_("Back up now"), type="primary", key="backup-make", icon=":material/save:"):
            name = service.make_backup(store, me)
            parts.done(_("{file} was written and is the same as the pilot.").format(file=name))
            st.rerun()
        told = made.assign(when=[moment(at, "d MMM y HH:mm") for at in made["made_at"]])
        columns = {
            "when": _("When"), "actor_id": _("By"), "until_entry": _("Holds the log up to entry"),
            "content_hash": _("SHA-256 of the file"),
        }  # fmt: skip
        parts.table(told, columns, key="administration-backups", empty=_("No backup was made from here yet."))


SECTIONS: tuple[tuple[Callable[[], str], tuple[str, ...], Callable[[], None]], ...] = (
    (lambda: _("Roles"), ("give_role",), show_roles),
    (lambda: _("Audit log"), ("read_audit",), show_audit),
    (lambda: _("Subject export"), ("export_subject",), rights.show_export),
    (lambda: _("Erasure"), ("request_erasure", "decide_erasure"), rights.show_erasures),
    (lambda: _("Retention"), ("retain",), rights.show_retention),
    (lambda: _("Research extract"), ("extract",), show_extract),
    (lambda: _("Backup"), ("keep_file",), show_backups),
)

parts.title(_("Administration"), _("Who may do what, what was done, people's rights, and the safety of the pilot."))
mine = {name(): show for name, operations, show in SECTIONS if any(map(found.may, operations))}
parts.opened(mine, key="administration-tab")
