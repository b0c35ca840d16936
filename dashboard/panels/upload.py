"""A data package is uploaded: every row is stored, or none, and then every bad row is shown with what was expected."""

from __future__ import annotations

import streamlit as st

from dashboard import parts
from dashboard.frame import Here
from dashboard.panels import faults
from dashboard.service import uploads
from dashboard.words import _, number


def show(found: Here) -> None:
    """Show the upload and what came of it."""
    st.markdown(
        _(
            "One Excel workbook with a sheet per table, or the CSV files of one package (`residents.csv`, "
            "`volunteers.csv`, `availability.csv`, `vetting.csv`, `grants.csv`, `requests.csv`, `relations.csv`). "
            "Everything is stored, or nothing."
        )
    )
    st.download_button(
        _("Download an empty workbook to fill in"), uploads.template, "mikro.xlsx", on_click="ignore",
        mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", key="upload-template",
        type="tertiary", icon=":material/download:",
    )  # fmt: skip
    files = st.file_uploader(
        _("Files (at most 5 MB together)"), type=["xlsx", "csv", "json"], accept_multiple_files=True,
        key=f"upload-{st.session_state.get('upload-nth', 0)}",
    )  # fmt: skip
    if st.button(_("Import"), type="primary", key="upload-go", disabled=not files, icon=":material/upload:"):
        st.session_state.pop("upload-result", None)
        with parts.doing(_("Checking every row …")):
            given = {file.name: file.getvalue() for file in files}
            st.session_state["upload-result"] = uploads.upload(found.store, found.actor_id, given, found.now)
            st.session_state["upload-nth"] = st.session_state.get("upload-nth", 0) + 1
    if result := st.session_state.get("upload-result"):
        _result(result)


def _result(result: uploads.Imported) -> None:
    if result.bad_rows is not None:
        n = len(result.bad_rows)
        st.error(_("Nothing was imported: {n} faults. Mend them in the file and upload it again.").format(n=number(n)),
                 icon=":material/error:")  # fmt: skip
        shown = result.bad_rows.assign(expected=[faults.said(text) for text in result.bad_rows["expected"]])
        columns = {
            "file": _("File"),
            "line": st.column_config.NumberColumn(_("Line"), format="%d"),
            "column": _("Column"),
            "value": _("What stands there"),
            "expected": _("What was expected"),
        }
        parts.table(shown, columns, key="upload-faults", download="bad-rows")
        return
    rows = ", ".join(f"{name}: {number(n)}" for name, n in result.n_rows.items())
    st.success(_("Imported. Rows: {rows}.").format(rows=rows), icon=":material/check:")
    for remark in result.remarks:
        parts.plain(remark)
