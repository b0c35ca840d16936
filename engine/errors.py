"""Everything the engine can refuse to do, each with one full sentence for the person who asked."""


class EngineError(Exception):
    """Base of all errors the engine raises on purpose; its text is fit to show to a user."""


class PolicyError(EngineError):
    """A policy file has an unknown, missing or impossible number."""


class PackageError(EngineError):
    """A data package was refused; :attr:`bad_rows` names every reason, not only the first.

    Parameters
    ----------
    bad_rows
        One entry per fault: file, line, column, value and what was expected.
    """

    def __init__(self, message: str, bad_rows: tuple[object, ...] = ()) -> None:
        super().__init__(message)
        self.bad_rows = bad_rows


class InputError(EngineError):
    """A table, id or argument handed to the engine is not what the contract asks for."""


class NoSolutionError(EngineError):
    """The rules contradict each other, or the solver stopped before any plan was found."""


class StoreError(EngineError):
    """The pilot file is busy, damaged, of a newer version, or its key does not fit."""


class StoreBusyError(StoreError):
    """Other programs held the pilot file for longer than one waits for it."""


class AccessDenied(EngineError):  # noqa: N818 - the word the contract uses
    """Somebody asked for what their role, or their municipality, does not allow.

    :attr:`operation` is what was asked for; :attr:`is_noted` says whether the log knows.
    """

    operation: str | None = None
    is_noted: bool = False


class ImpossibleStep(InputError):  # noqa: N818
    """A step that the present state of a request, offer, visit or person does not allow."""
