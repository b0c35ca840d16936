"""A browser's side of a Streamlit session without the browser: a page is opened, fields are filled in, buttons pressed.

It speaks the messages of ``streamlit.proto`` over the socket the browser uses, so that fifty people fit on a machine
that could not run fifty browsers. What a browser does with the answer is not part of what it measures.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from websockets import Origin, Subprotocol
from websockets.sync.client import ClientConnection, connect

PATIENCE_S = 60.0
FINAL = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
FAILED = (ForwardMsg.FINISHED_WITH_COMPILE_ERROR,)


class DeskError(Exception):
    """The page showed an exception, or did not answer."""


class Desk:
    """One session, whose pages are named by their address, such as ``intag``.

    ``labels`` are those of the fields and buttons that the last run of the page drew.
    """

    def __init__(self, url: str, socket: ClientConnection) -> None:
        self._socket = socket
        self._widgets: dict[str, Any] = {}
        self._fragments: dict[str, str] = {}
        self._states: dict[str, WidgetState] = {}
        self._hash = ""
        self._context = {"url": url, "timezone": "Europe/Stockholm", "locale": "sv-SE", "is_embedded": False}
        self._page = ""
        self.labels: set[str] = set()

    @classmethod
    @contextmanager
    def at(cls, url: str) -> Iterator[Self]:
        """Sit down at a dashboard."""
        address = f"ws://{urlsplit(url).netloc}/_stcore/stream"
        protocols, origin = [Subprotocol("streamlit")], Origin(url)
        with connect(address, subprotocols=protocols, origin=origin, max_size=None, ping_interval=None) as socket:
            yield cls(url, socket)

    def open(self, page: str) -> float:
        """Open a page by its address; give the seconds until it stood."""
        self._page, self._widgets, self._fragments = page, {}, {}
        message = BackMsg()
        message.rerun_script.page_name = page
        return self._run(message)

    def fill(self, label: str, value: str) -> float:
        """Type into a field, or choose an option of a list by its text; give the seconds until the page stood."""
        widget = self._widgets[label]
        state = WidgetState(id=widget.id)
        state.string_value = value
        return self._change(state)

    def press(self, label: str) -> float:
        """Press a button; give the seconds until the page stood."""
        return self._change(WidgetState(id=self._widgets[label].id, trigger_value=True))

    def _change(self, state: WidgetState) -> float:
        self._states[state.id] = state
        message = BackMsg()
        message.rerun_script.widget_states.CopyFrom(WidgetStates(widgets=list(self._states.values())))
        message.rerun_script.fragment_id = self._fragments.get(state.id, "")
        message.rerun_script.page_script_hash = self._hash
        if state.HasField("trigger_value"):
            del self._states[state.id]
        return self._run(message)

    def _run(self, message: BackMsg) -> float:
        for name, value in self._context.items():
            setattr(message.rerun_script.context_info, name, value)
        self.labels = set()
        began = time.perf_counter()
        self._socket.send(message.SerializeToString())
        self._listen(began + PATIENCE_S)
        return time.perf_counter() - began

    def _listen(self, deadline: float) -> None:
        """Take in what the server says until the script has run to its end, reruns it asks for included."""
        while True:
            try:
                received = self._socket.recv(timeout=max(0.0, deadline - time.perf_counter()))
            except TimeoutError:
                raise DeskError(f"{self._page} did not answer within {PATIENCE_S:.0f} s") from None
            message = ForwardMsg.FromString(received if isinstance(received, bytes) else received.encode())
            kind = message.WhichOneof("type")
            if kind == "navigation":
                self._hash = message.navigation.page_script_hash
            elif kind == "delta":
                self._take(message.delta)
            elif kind == "script_finished" and message.script_finished in FAILED:
                raise DeskError(f"{self._page} could not be compiled")
            elif kind == "script_finished" and message.script_finished in FINAL:
                return

    def _take(self, delta: Any) -> None:
        if delta.WhichOneof("type") != "new_element":
            return
        kind = delta.new_element.WhichOneof("type")
        element = getattr(delta.new_element, kind)
        if kind == "exception":
            raise DeskError(f"{self._page}: {element.message}")
        if getattr(element, "id", "") and getattr(element, "label", ""):
            self._widgets[element.label] = element
            self.labels.add(element.label)
            if delta.fragment_id:
                self._fragments[element.id] = delta.fragment_id
