"""What all work in the background has in common: it is shown, begun and ended alike."""

from typing import Any

from domain.errors import NotFound
from domain.job import Job
from projections.database import Reader
from projections.jobs import find_job
from service.application import Application
from service.context import Context
from service.resource import Resource


def shown(reader: Reader, job_id: int, position: int) -> Resource:
    """A job as the API shows it. Raises NotFound."""
    found = find_job(reader, job_id)
    if found is None:
        raise NotFound(f"There is no job {job_id}.")
    return Resource(job_id, 1, position, found[1])


def begin(application: Application, job_id: int, lines: int) -> None:
    """Say that a job runs, and how much there is to do."""
    application.database.execute(
        "UPDATE jobs SET lines_total = %s, status = 'running' WHERE id = %s", (lines, job_id)
    )


def end(
    application: Application, context: Context, job_id: int, status: str, result: dict[str, Any]
) -> None:
    """A job is over: `succeeded` or `failed`, with its counts."""
    application.change(
        context,
        Job,
        job_id,
        lambda job: job.finish(status, result, context.metadata()),
        lambda r, s, j, t: None,
    )
