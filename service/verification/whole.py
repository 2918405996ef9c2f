"""The three verifications of an installation: its log, its read models, its frozen reports."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from domain.account import ALL_SCOPES
from domain.errors import AttestorError
from domain.ids import number_of
from domain.report import Report
from domain.transparency.note import VerifierKey
from projections.rebuild import rebuild
from service.application import Application
from service.bootstrap import Services
from service.context import Context, Principal
from service.opening import unhurried_database
from service.reports import Reports
from service.verification.checkpoints import kept_files
from service.verification.damage import Damage, Kind
from service.verification.entries import Progress
from service.verification.log import Verified, verify_log
from service.verification.snapshot import snapshot


def verify_whole_log(
    services: Services, keys: Sequence[VerifierKey], since: Sequence[Path], report: Progress
) -> Verified:
    """Verify the log against its own checkpoints, those in the sink's directory, and saved ones.

    Raises Invalid when a file is no checkpoint.
    """
    sink = services.settings.checkpoint_sink
    kept = kept_files([*since, *([Path(sink)] if sink and "://" not in sink else [])])
    with snapshot(services.database.url) as log:
        return verify_log(log, services.settings.log_origin, keys, kept, report)


def verify_read_models(services: Services, report: Progress) -> list[Damage]:
    """Every read model against a rebuild from the log. Writers go on meanwhile."""
    url, mapper = services.database.url, services.application.mapper
    differences = rebuild(url, mapper, "all", is_check=True, report=report)
    return [Damage(Kind.DIFFERENT, "read model", each) for each in differences]


def verify_reports(services: Services, report: Progress) -> tuple[int, list[Damage]]:
    """How many reports were frozen, and which of them do not follow from the log any more."""
    database = unhurried_database(services)
    reports = Reports(Application(database, services.application.vault))
    frozen = database.rows(
        "SELECT account_id, originator_id, position FROM events WHERE topic = %s ORDER BY position",
        (Report.Created.TOPIC,),
    )
    damages: list[Damage] = []
    for done, (account_id, originator_id, position) in enumerate(frozen, start=1):
        number = number_of(originator_id)
        damages += [
            Damage(Kind.DIFFERENT, f"report {number}", each, position, position)
            for each in _differences(reports, account_id, number)
        ]
        report(done, len(frozen))
    database.close()
    return len(frozen), damages


def _differences(reports: Reports, account_id: int, number: int) -> Iterator[str]:
    context = Context(Principal(account_id, "UTC", frozenset(ALL_SCOPES)), "verify", channel="cli")
    try:
        found = reports.verify(context, number)
    except AttestorError as error:
        yield f"it cannot be computed: {error.detail}"
        return
    if not found.is_explained:
        metrics = ", ".join(map(str, found.differing_metrics)) or "none"
        yield f"computed from the log it is another; metrics that differ: {metrics}"
