"""Every event that was ever released; golden samples, documentation and replay rest on it."""

from domain.account import Account, ApiKey
from domain.events import Event
from domain.job import Job
from domain.metric import Metric
from domain.patient import Patient
from domain.report import Report
from domain.user import User
from domain.variable import DateVariable, Variable

CATALOGUE: tuple[type[Event], ...] = (
    Account.Created,
    Account.SubmitterSet,
    ApiKey.Created,
    ApiKey.ExpirySet,
    ApiKey.Revoked,
    Patient.Created,
    Patient.DemographicsChanged,
    Patient.ObservationRecorded,
    Patient.ObservationsImported,
    Patient.ObservationWithdrawn,
    Patient.DocumentAdded,
    Patient.DocumentRead,
    Patient.Scraped,
    Patient.ValueReviewed,
    Patient.Held,
    Patient.Released,
    Patient.Erased,
    Variable.Created,
    Variable.Changed,
    DateVariable.Created,
    DateVariable.Changed,
    Metric.Created,
    Metric.Changed,
    Report.Created,
    Report.Attested,
    Report.Submitted,
    Report.Restated,
    Job.Created,
    Job.Finished,
    User.Created,
    User.RoleChanged,
    User.Disabled,
    User.Enabled,
    User.PasswordSet,
    User.SignedIn,
    User.SignInFailed,
    User.SignedOut,
)
