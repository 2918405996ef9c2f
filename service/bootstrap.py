"""The one composition root: settings in, working services out."""

from dataclasses import dataclass
from datetime import UTC, datetime

from projections.database import Database
from service.access_trail import AccessTrail
from service.accounts import Accounts
from service.application import Application
from service.audit_samples import AuditSamples
from service.authentication import Authentication
from service.bundles import Bundles
from service.documents import Documents
from service.erasure import Erasure
from service.exports import Exports
from service.history.history import History
from service.imports import Imports
from service.keys import Keys
from service.master_key import master_keys
from service.metrics import Metrics
from service.page_images import PageImages
from service.patients import Patients
from service.pdf.sandbox import ParserServer
from service.pdf.store import BlobStore, FileBlobStore
from service.report_schedule import ReportSchedule
from service.reports import Reports
from service.rescraping import Rescraping
from service.reviews import Reviews
from service.scrape_jobs import ScrapeJobs
from service.scraping import Scraping
from service.settings import Settings
from service.transparency import Transparency
from service.usage import Usage
from service.users import Users
from service.variables import Variables
from service.vault import Vault


@dataclass(frozen=True)
class Services:
    """Everything that can be asked, in one process."""

    settings: Settings
    database: Database
    application: Application
    store: BlobStore
    patients: Patients
    variables: Variables
    metrics: Metrics
    keys: Keys
    documents: Documents
    page_images: PageImages
    scraping: Scraping
    scrape_jobs: ScrapeJobs
    rescraping: Rescraping
    reviews: Reviews
    imports: Imports
    reports: Reports
    report_schedule: ReportSchedule
    exports: Exports
    accounts: Accounts
    history: History
    authentication: Authentication
    usage: Usage
    access_trail: AccessTrail
    erasure: Erasure
    transparency: Transparency
    bundles: Bundles
    audit_samples: AuditSamples
    users: Users

    def close(self) -> None:
        """Write what is still counted or recorded, and give all connections back."""
        self.access_trail.close()
        self.usage.close()
        self.page_images.close()
        self.database.close()


def now() -> datetime:
    """The application's clock, in UTC."""
    return datetime.now(UTC)


def build(settings: Settings, *, database_url: str | None = None) -> Services:
    """Services on a migrated database. Connections open at first use, so build after forking.

    `database_url` is the embedded server's, where the settings name none.
    """
    url = database_url or settings.database_url
    if url is None:
        raise ValueError("no database: set ATTESTOR_DATABASE_URL, or start the embedded one")
    database = Database(
        url,
        # Usage and access trail write in threads of their own.
        size=settings.threads + 2,
        statement_timeout_seconds=settings.statement_timeout_seconds,
    )
    master_keys(settings)  # made now, or found wanting
    application = Application(database, Vault(database, lambda: master_keys(settings)))
    store = FileBlobStore(settings.data_dir / "documents", application.vault)
    patients = Patients(application, now)
    scraping = Scraping(application, patients, store, now)
    history = History(application)
    reports = Reports(application)
    transparency = Transparency(database)
    waiting_max = max(1, settings.threads // 4)
    documents = Documents(application, store, settings.max_upload_bytes, waiting_max)
    return Services(
        settings=settings,
        database=database,
        application=application,
        store=store,
        patients=patients,
        variables=Variables(application),
        metrics=Metrics(application),
        keys=Keys(application, now),
        documents=documents,
        page_images=PageImages(documents, store, ParserServer(), max(1, settings.threads - 2)),
        scraping=scraping,
        scrape_jobs=ScrapeJobs(application, scraping),
        rescraping=Rescraping(application, scraping, history),
        reviews=Reviews(application, patients),
        imports=Imports(
            application, patients, settings.data_dir / "imports", settings.max_import_bytes
        ),
        reports=reports,
        report_schedule=ReportSchedule(database, reports),
        exports=Exports(database, now, settings.public_url),
        accounts=Accounts(application),
        history=history,
        authentication=Authentication(database, now),
        usage=Usage(database),
        access_trail=AccessTrail(database),
        erasure=Erasure(application, store),
        transparency=transparency,
        bundles=Bundles(application, transparency),
        audit_samples=AuditSamples(application),
        users=Users(application, now),
    )
