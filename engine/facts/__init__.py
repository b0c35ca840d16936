"""The log's vocabulary: one frozen dataclass per fact, named in the past tense, and nothing else.

A fact is what happened, never what is: state is SQL over facts (``engine/sql/state``). Each class is one
append-only table ``facts.<snake_case_name>`` whose columns are the fields below in this order, preceded by
``entry_no`` (the log entry it was written in), ``occurred_at`` and ``recorded_at`` (UTC) and ``actor_id``.
Times of visits are local wall time (Europe/Stockholm). Names, contacts, exact places and free text are not
facts: they live in schema ``identity``.
"""

from engine.facts.fact import Fact, all_kinds, columns_of, table_of
from engine.facts.keeping import (
    AccessRefused,
    BackupMade,
    BackupRestored,
    ErasureDecided,
    ErasureRequested,
    ExtractMade,
    FactRedacted,
    FileRewritten,
    IdentityRead,
    MessageAttempted,
    MessageQueued,
    MessageSettled,
    NotesPurged,
    PersonErased,
    RoleGiven,
    RoleWithdrawn,
)
from engine.facts.people import (
    AbsenceEnded,
    AbsenceStated,
    AvailabilityStated,
    CheckCleared,
    GrantDecided,
    RelationStated,
    ResidentRegistered,
    VolunteerLeft,
    VolunteerRegistered,
    Window,
)
from engine.facts.requests import (
    RequestSubmitted,
    RequestWithdrawn,
    SeriesEnded,
    SeriesStarted,
)
from engine.facts.runs import (
    PolicyAdopted,
    PriceFound,
    ProposalMade,
    RequestUnmatched,
    RunMade,
)
from engine.facts.visits import (
    FeedbackGiven,
    IncidentClosed,
    IncidentReported,
    IncidentTriaged,
    OfferAnswered,
    OfferClosed,
    OfferSent,
    OverrideStated,
    ProposalDecided,
    VisitAgreed,
    VisitEnded,
)

__all__ = [
    "AbsenceEnded",
    "AbsenceStated",
    "AccessRefused",
    "AvailabilityStated",
    "BackupMade",
    "BackupRestored",
    "CheckCleared",
    "ErasureDecided",
    "ErasureRequested",
    "ExtractMade",
    "Fact",
    "FactRedacted",
    "FeedbackGiven",
    "FileRewritten",
    "GrantDecided",
    "IdentityRead",
    "IncidentClosed",
    "IncidentReported",
    "IncidentTriaged",
    "MessageAttempted",
    "MessageQueued",
    "MessageSettled",
    "NotesPurged",
    "OfferAnswered",
    "OfferClosed",
    "OfferSent",
    "OverrideStated",
    "PersonErased",
    "PolicyAdopted",
    "PriceFound",
    "ProposalDecided",
    "ProposalMade",
    "RelationStated",
    "RequestSubmitted",
    "RequestUnmatched",
    "RequestWithdrawn",
    "ResidentRegistered",
    "RoleGiven",
    "RoleWithdrawn",
    "RunMade",
    "SeriesEnded",
    "SeriesStarted",
    "VisitAgreed",
    "VisitEnded",
    "VolunteerLeft",
    "VolunteerRegistered",
    "Window",
    "all_kinds",
    "columns_of",
    "table_of",
]
