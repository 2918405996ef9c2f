"""Metrics: their results, the patients behind each count, and the editor."""

from typing import Any

import falcon
import orjson

from api.dashboard.diff import compared
from api.dashboard.pages import Pages, as_dict
from api.dashboard.periods import asked, moment_of, position_of, report_of
from api.dashboard.request import DashboardRequest, Form
from api.schemas.base import load
from api.schemas.measures import MetricIn
from domain.errors import AttestorError, Conflict, Invalid, NotFound
from domain.measures.period import Period
from projections.definitions import (
    DefinitionRecord,
    find_metric,
    list_metric_versions,
    list_metrics,
    variable_names,
)
from projections.measures.drilldown import GAP, list_members, populations_of
from projections.measures.live import live_metric
from projections.measures.report import COUNTS, as_number
from service.bootstrap import Services

METRICS = "/dashboard/metrics"
_SCHEMA = MetricIn()
_MOST = 1000
_PAGE = 50
_THRESHOLDS = ("low_quality_threshold", "high_quality_threshold")
_TEXTS = ("name", "description", "unit", *_THRESHOLDS)
_FUNNEL = tuple(
    (name, name.replace("_", " ").capitalize(), COUNTS[name].value)
    for name in (
        "initial_population",
        "denominator",
        "denominator_exclusions",
        "denominator_exceptions",
        "numerator",
        "numerator_exclusions",
        "measure_population",
    )
)
"""Counts of a report: field, title, and the population as the list of patients calls it."""


class Metrics:
    """Whoever may read reports sees them; whoever may write definitions edits."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._services = services
        self._database = services.database
        self._pages = pages

    def on_get_list(self, req: DashboardRequest, resp: falcon.Response) -> None:
        wanted = asked(req)
        report = report_of(self._database, req, wanted)
        _, metrics = list_metrics(self._database, req.principal.account_id, _MOST, 0)
        entries = {entry["metric_id"]: entry for entry in map(as_dict, report.entries)}
        self._pages.show(req, resp, "metrics.html", asked=wanted, metrics=metrics, entries=entries)

    def on_get_one(self, req: DashboardRequest, resp: falcon.Response, metric_id: int) -> None:
        metric, wanted = self._own(req, metric_id), asked(req)
        report = report_of(self._database, req, wanted, metric_id)
        entries = [as_dict(entry) for entry in report.entries]
        self._pages.show(
            req,
            resp,
            "metric.html",
            metric=metric,
            asked=wanted,
            report=report,
            entry=entries[0] if entries else None,
            funnel=_FUNNEL,
            versions=list_metric_versions(self._database, metric_id),
        )

    def on_get_members(self, req: DashboardRequest, resp: falcon.Response, metric_id: int) -> None:
        record, wanted = self._own(req, metric_id), asked(req)
        position = position_of(self._services, moment_of(self._database, wanted))
        metric = live_metric(self._database, req.principal.account_id, metric_id, position)
        if metric is None:
            raise NotFound("The metric was not there at that moment.")
        populations = populations_of(metric)
        population = req.get_param("population") or populations[0]
        if population not in populations:
            raise Invalid.field("population", f"choose from {', '.join(populations)}")
        after = req.get_param_as_int("after", min_value=0) or 0
        total, members = list_members(
            self._database, metric, wanted.period, position, population, _PAGE, after
        )
        self._pages.show(
            req,
            resp,
            "members.html",
            metric=record,
            asked=wanted,
            populations=populations,
            population=population,
            gap=GAP,
            total=total,
            members=members,
            more=members[-1].patient_id if len(members) == _PAGE else None,
        )

    def on_get_new(self, req: DashboardRequest, resp: falcon.Response) -> None:
        self._edit(req, resp, None, _empty())

    def on_post_new(self, req: DashboardRequest, resp: falcon.Response) -> None:
        self._take(req, resp, None)

    def on_get_edit(self, req: DashboardRequest, resp: falcon.Response, metric_id: int) -> None:
        metric = self._own(req, metric_id)
        self._edit(req, resp, metric, _fields_of(metric.body))

    def on_post_edit(self, req: DashboardRequest, resp: falcon.Response, metric_id: int) -> None:
        self._take(req, resp, self._own(req, metric_id))

    def on_post_check(self, req: DashboardRequest, resp: falcon.Response) -> None:
        """The part of the editor that tells what a formula would give, or where it is wrong."""
        entry, error = self._checked(req)
        self._pages.show(req, resp, "metric_check.html", entry=entry, error=error, funnel=_FUNNEL)

    def on_get_versions(self, req: DashboardRequest, resp: falcon.Response, metric_id: int) -> None:
        metric = self._own(req, metric_id)
        versions = {each.version: each for each in list_metric_versions(self._database, metric_id)}
        newest = max(versions)
        after = req.get_param_as_int("after", min_value=1) or newest
        before = req.get_param_as_int("before", min_value=1) or max(after - 1, 1)
        if not {before, after} <= versions.keys():
            raise NotFound(f"The metric has versions 1 to {newest}.")
        lines = compared(_told(versions[before].body), _told(versions[after].body))
        self._pages.show(
            req,
            resp,
            "metric_versions.html",
            metric=metric,
            versions=sorted(versions.values(), key=lambda each: -each.version),
            before=versions[before],
            after=versions[after],
            lines=lines,
        )

    def _take(
        self, req: DashboardRequest, resp: falcon.Response, metric: DefinitionRecord | None
    ) -> None:
        """Save what the form says, or show what it would give when only that was asked."""
        form = req.context.form
        fields = _fields_in(form)
        if form.get("check") is not None:
            self._edit(req, resp, metric, fields, *self._checked(req))
            return
        try:
            sent = _sent(fields)
            command = req.command(form["reason"])
            if metric is None:
                saved = self._services.metrics.define(command, sent)
            else:
                saved = self._services.metrics.change(command, metric.id, sent)
        except (Invalid, Conflict) as error:
            resp.status = 422
            self._edit(req, resp, metric, fields, None, error)
            return
        raise falcon.HTTPSeeOther(f"{METRICS}/{saved.id}?done=metric-saved")

    def _checked(self, req: DashboardRequest) -> tuple[dict[str, Any] | None, Invalid | None]:
        try:
            sent = _sent({"name": "Draft", **_fields_in(req.context.form)})
            wanted: Period = asked(req).period
            entry = self._services.metrics.preview(req.command(), sent, wanted)
        except Invalid as error:
            return None, error
        return orjson.loads(orjson.dumps(entry, default=as_number)), None

    def _edit(
        self,
        req: DashboardRequest,
        resp: falcon.Response,
        metric: DefinitionRecord | None,
        fields: dict[str, str],
        entry: dict[str, Any] | None = None,
        error: AttestorError | None = None,
    ) -> None:
        names = variable_names(self._database, req.principal.account_id)
        self._pages.show(
            req,
            resp,
            "metric_edit.html",
            metric=metric,
            fields=fields,
            entry=entry,
            error=error,
            funnel=_FUNNEL,
            variables=sorted(names, key=lambda name: name.name.lower()),
        )

    def _own(self, req: DashboardRequest, metric_id: int) -> DefinitionRecord:
        record = find_metric(self._database, metric_id)
        if record is None:
            raise NotFound("There is no such metric.")
        req.principal.require_own(record.account_id, "metric")
        return record


def _fields_in(form: Form) -> dict[str, str]:
    fields = {name: form[name] for name in _TEXTS}
    lines = form["calculation_formula"].replace("\r\n", "\n")
    return {**fields, "calculation_formula": lines, "is_ascending": form["is_ascending"]}


def _fields_of(body: dict[str, Any]) -> dict[str, str]:
    fields = {name: body[name] or "" for name in _TEXTS}
    lines = "\n".join(body["calculation_formula"])
    return {
        **fields,
        "calculation_formula": lines,
        "is_ascending": "yes" if body["is_ascending"] else "no",
    }


def _empty() -> dict[str, str]:
    return {**dict.fromkeys(_TEXTS, ""), "calculation_formula": "", "is_ascending": "yes"}


def _sent(fields: dict[str, str]) -> dict[str, Any]:
    """What the form says, in the words of the API, by whose rules it is checked."""
    lines = fields["calculation_formula"].rstrip().split("\n")
    given: dict[str, Any] = {name: fields[name] or None for name in _TEXTS if name != "name"}
    for name in _THRESHOLDS:
        given[name] = _number(given[name])
    return load(
        _SCHEMA,
        {
            **given,
            "name": fields["name"],
            "calculation_formula": lines,
            "is_ascending": fields["is_ascending"] != "no",
        },
    )


def _number(text: str | None) -> float | str | None:
    """A number as JSON would have it; what is none is left for the schema to refuse."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


def _told(body: dict[str, Any]) -> list[str]:
    """A definition line by line."""
    options = [f"{name}: {body[name]}" for name in (*_TEXTS, "is_ascending") if body.get(name)]
    return [*options, *body["calculation_formula"]]
