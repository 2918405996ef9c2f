"""Every event in words: which function tells which event."""

from collections.abc import Callable
from typing import Any

from eventsourcing.utils import get_topic

from domain.account import Account, ApiKey
from domain.catalogue import CATALOGUE
from domain.events import Event, Forgotten
from domain.job import Job
from domain.metric import Metric
from domain.patient import Patient
from domain.report import Report
from domain.user import User
from domain.variable import DateVariable, Variable
from service.history import access, charts, definitions
from service.history.telling import Scene, Told

WORDS: dict[type[Event], Callable[[Any, Scene], Told]] = {
    Account.Created: access.opened,
    Account.SubmitterSet: access.submitter_set,
    ApiKey.Created: access.issued,
    ApiKey.ExpirySet: access.expiry_set,
    ApiKey.Revoked: access.revoked,
    Patient.Created: charts.registered,
    Patient.DemographicsChanged: charts.demographics_changed,
    Patient.ObservationRecorded: charts.recorded,
    Patient.ObservationsImported: charts.imported,
    Patient.ObservationWithdrawn: charts.withdrawn,
    Patient.DocumentAdded: charts.document_added,
    Patient.DocumentRead: charts.document_read,
    Patient.Scraped: charts.scraped,
    Patient.ValueReviewed: charts.reviewed,
    Patient.Held: charts.held,
    Patient.Released: charts.released,
    Patient.Erased: charts.erased,
    Variable.Created: definitions.defined("Variable"),
    Variable.Changed: definitions.changed("Variable"),
    DateVariable.Created: definitions.defined("Date variable"),
    DateVariable.Changed: definitions.changed("Date variable"),
    Metric.Created: definitions.defined("Metric"),
    Metric.Changed: definitions.changed("Metric"),
    Report.Created: definitions.frozen,
    Report.Attested: definitions.attested,
    Report.Submitted: definitions.submitted,
    Report.Restated: definitions.restated,
    Job.Created: access.accepted,
    Job.Finished: access.finished,
    User.Created: access.invited,
    User.RoleChanged: access.role_changed,
    User.Disabled: access.disabled,
    User.Enabled: access.enabled,
    User.PasswordSet: access.password_set,
    User.SignedIn: access.signed_in,
    User.SignInFailed: access.sign_in_failed,
    User.SignedOut: access.signed_out,
    Forgotten: access.forgotten,
}

STATES = (
    Account.SubmitterSet,
    ApiKey.Created,
    ApiKey.ExpirySet,
    Patient.Created,
    Patient.DemographicsChanged,
    Variable.Created,
    Variable.Changed,
    DateVariable.Created,
    DateVariable.Changed,
    Metric.Created,
    Metric.Changed,
    Report.Created,
    Report.Attested,
    Report.Submitted,
    User.Created,
    User.RoleChanged,
)
"""Events after which the last of these before them tells what was; per aggregate of one kind."""

FOLLOWING = frozenset(
    {
        Account.SubmitterSet,
        ApiKey.ExpirySet,
        Patient.DemographicsChanged,
        Variable.Changed,
        DateVariable.Changed,
        Metric.Changed,
        Report.Attested,
        Report.Submitted,
        Report.Restated,
        User.RoleChanged,
    }
)
"""Events that are told with what was before them."""


TOPICS = tuple(sorted(get_topic(event) for event in CATALOGUE))
"""The types of all events."""


def tell(event: Event, scene: Scene) -> Told:
    """The event in words and data."""
    return WORDS[type(event)](event, scene)
