"""Jobs: long work, its progress and its problems."""

from collections.abc import Sequence
from typing import Any

from domain.ids import number_of
from domain.job import Job
from projections.database import Reader
from projections.projection import Recorded, Rows
from projections.queries import load

_QUERIES = load("jobs")


class Jobs:
    """Read model of jobs; the progress of a running one is moved by the job itself."""

    name = "jobs"
    version = 1
    tables = ("jobs",)

    def fold(self, batch: Sequence[Recorded]) -> Rows:
        rows: Rows = {"jobs": [], "job_ends": []}
        for recorded in batch:
            event = recorded.event
            number = number_of(event.originator_id)
            match event:
                case Job.Created():
                    rows["jobs"].append(
                        recorded.row(
                            id=number,
                            account_id=event.account_id,
                            kind=event.kind,
                            request=event.request,
                        )
                    )
                case Job.Finished():
                    rows["job_ends"].append(
                        recorded.row(id=number, status=event.status, result=event.result)
                    )
        return rows


def find_job(database: Reader, job_id: int) -> tuple[int, dict[str, Any]] | None:
    """The account of a job, and the job as the API shows it with its first 100 problems."""
    row = database.row(_QUERIES["find_job"], {"job_id": job_id})
    if row is None:
        return None
    names = (
        "id", "kind", "status", "lines_total", "lines_done", "lines_failed",
        "result", "created_at", "finished_at", "problems",
    )  # fmt: skip
    return row[0], dict(zip(names, row[1:], strict=True))


def list_jobs(database: Reader, account_id: int, limit: int) -> list[dict[str, Any]]:
    """The account's last jobs, the newest first, without their problems."""
    names = (
        "id", "kind", "status", "lines_total", "lines_done", "lines_failed", "created_at",
        "finished_at",
    )  # fmt: skip
    rows = database.rows(_QUERIES["list_jobs"], {"account_id": account_id, "limit": limit})
    return [dict(zip(names, row, strict=True)) for row in rows]


def next_job(
    database: Reader,
) -> tuple[int, int, str, dict[str, Any], int, str] | None:
    """Id, account, kind, request, lines done and zone of the oldest unfinished job."""
    row = database.row(_QUERIES["next_job"])
    return (row[0], row[1], row[2], row[3], row[4], row[5]) if row else None
