"""What somebody was typing when the page was reloaded: kept in the server's memory, by browser, account and form.

Drafts hold names and notes, so they are never written anywhere, and go after eight hours or when the form is saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import streamlit as st

from dashboard import visits

KEPT_FOR_S = 8 * 3600
SIZE_MAX = 20_000
"""Characters of one draft; a longer one is not kept."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The fields of a form, by the keys of their widgets."""

    form: str
    fields: Sequence[str]

    def restored(self) -> Draft:
        """Put what was typed before a reload into the widgets, before they are made."""
        kept, typed_at = self._drawer.get(self._name, ({}, 0.0))
        if monotonic() - typed_at < KEPT_FOR_S:
            for key, value in kept.items():
                if key in self.fields and key not in st.session_state:
                    st.session_state[key] = value
        return self

    def keep(self) -> None:
        """Remember what the widgets hold now."""
        typed = {key: st.session_state[key] for key in self.fields if key in st.session_state}
        if sum(len(str(value)) for value in typed.values()) <= SIZE_MAX:
            self._drawer[self._name] = (typed, monotonic())

    def forget(self) -> None:
        """Empty the form: nothing is kept, and its widgets start anew."""
        self._drawer.pop(self._name, None)
        for key in self.fields:
            st.session_state.pop(key, None)

    @property
    def _name(self) -> str:
        return f"draft {st.session_state['_here'].actor_id if '_here' in st.session_state else ''} {self.form}"

    @property
    def _drawer(self) -> dict[str, Any]:
        return visits.drawer()
