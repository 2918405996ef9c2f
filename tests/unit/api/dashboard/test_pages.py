"""What the pages show, to whom, and how they treat what others wrote."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import urlencode

from service.bootstrap import Services
from tests.unit.api.dashboard.browser import Browser
from tests.unit.api.dashboard.clinic import Clinic
from tests.unit.api.dashboard.ward import Ward

HOSTILE = "<script>alert(1)</script>\" onload='x' {{7*7}} =cmd|' /C calc'!A0 \u202eevil"


class Outline(HTMLParser):
    """The elements of a page, and which attributes would run something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.active: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.active += [name for name, _ in attrs if name.startswith("on") or name == "style"]


def test_every_page_has_a_title_one_heading_and_a_place_for_the_keyboard(
    ward: Ward, admin: Browser
) -> None:
    for path in ward.pages():
        page = admin.get(path)
        assert page.status_code == 200, (path, page.text[-2000:])
        if "html" not in page.headers["content-type"]:
            continue
        assert re.search(r"<title>[^<]+ · Attestor</title>", page.text), path
        assert Outline(page.text).tags.count("h1") == 1, path
        assert 'href="#main"' in page.text, path


def test_every_page_of_an_empty_account_says_what_to_do(
    new_clinic: Callable[[], Clinic],
) -> None:
    browser = new_clinic().browser()
    for path in ("patients", "queue", "metrics", "reports", "health"):
        page = browser.get(f"/dashboard/{path}")
        assert page.status_code == 200
        assert 'class="empty"' in page.text, path


def test_what_others_wrote_is_shown_as_text(new_clinic: Callable[[], Clinic]) -> None:
    clinic = new_clinic()
    ward, browser = Ward(clinic, HOSTILE), clinic.browser()
    shown = 0
    for path in ward.pages():
        page = browser.get(path)
        if "html" not in page.headers["content-type"]:
            continue
        outline = Outline(page.text)
        assert outline.active == [], path
        assert outline.tags.count("script") == 2, path
        shown += "&lt;script&gt;alert(1)" in page.text
    assert shown > 10


def test_the_csv_of_patients_runs_nothing_in_a_spreadsheet(
    new_clinic: Callable[[], Clinic],
) -> None:
    clinic = new_clinic()
    clinic.tenant.register(name="=1+1")
    table = clinic.browser().get("/dashboard/patients/file").text
    assert "'=1+1" in table


def test_a_key_is_shown_once_works_and_ends_on_typed_confirmation(
    clinic: Clinic, admin: Browser, services: Services
) -> None:
    page = admin.submit("/dashboard/keys", "/dashboard/keys", name="Phone", scopes="patients:read")
    secret = re.search(r'value="(attestor_live_\w+)"', page.text)
    assert secret
    key = services.authentication.recognise(secret[1])
    assert key.account_id == clinic.tenant.account_id
    assert secret[1] not in admin.get("/dashboard/keys").text
    place = f"/dashboard/keys/{key.key_id}"
    refused = admin.submit(place, f"{place}/revoke", confirm="nope")
    assert refused.status_code == 422
    assert admin.submit(place, f"{place}/revoke", confirm=secret[1][-4:]).status_code == 303
    assert "revoked" in admin.get(place).text


def test_the_editor_shows_the_caret_of_a_mistake_and_saves_nothing(
    ward: Ward, admin: Browser
) -> None:
    place = f"/dashboard/metrics/{ward.metric}/edit"
    page = admin.submit(place, place, name="M", calculation_formula="numerator: HbA1x > 4")
    assert page.status_code == 422
    assert "^" in page.text
    assert "HbA1c" in page.text
    assert "numerator: HbA1x" not in admin.get(f"/dashboard/metrics/{ward.metric}").text


def test_a_preview_gives_the_result_without_saving(ward: Ward, admin: Browser) -> None:
    place = f"/dashboard/metrics/{ward.metric}/edit"
    formula = "\r\n".join(("initial population: age >= 18", "numerator: HbA1c > 8"))
    page = admin.submit(
        place, place, name="M", calculation_formula=formula, check="yes", is_ascending="yes"
    )
    assert page.status_code == 200
    assert "The formula holds" in page.text
    assert "HbA1c &gt; 8" not in admin.get(f"/dashboard/metrics/{ward.metric}").text


def test_a_report_lives_its_life_on_its_page(ward: Ward, admin: Browser) -> None:
    made = admin.submit("/dashboard/reports", "/dashboard/reports?period=2025")
    place = made.headers["location"].partition("?")[0]
    assert "byte for byte" in admin.get(f"{place}?verify=yes").text
    assert admin.submit(place, f"{place}/submit").status_code == 422
    attested = admin.submit(place, f"{place}/attest", attested_by="Ada", statement="It is true.")
    assert attested.status_code == 303
    assert admin.submit(place, f"{place}/submit", reference="R-1").status_code == 303
    assert admin.submit(place, f"{place}/restate", reason="").status_code == 422
    restated = admin.submit(place, f"{place}/restate", reason="A late result")
    assert restated.headers["location"].partition("?")[0] != place
    assert "A late result" in admin.get(place).text


def test_a_value_typed_on_the_chart_is_recorded_by_its_user_with_the_reason(
    ward: Ward, admin: Browser, services: Services
) -> None:
    place = f"/dashboard/patients/{ward.patient}/chart"
    answer = admin.submit(
        place,
        f"{place}/value",
        variable_id=str(ward.variable),
        kind="number",
        value="6.9",
        observed_on="2025-03-01",
        reason="Misread",
    )
    assert answer.status_code == 303
    history = admin.get(f"/dashboard/patients/{ward.patient}/history").text
    assert "6.9" in history
    assert "Misread" in history
    refused = admin.submit(
        place, f"{place}/value", variable_id=str(ward.variable), kind="number", value="6.9", x1="1"
    )
    assert refused.status_code == 422
    assert "y1" in refused.text


def test_visits_to_patients_are_in_the_access_log_and_so_are_refusals(
    ward: Ward, admin: Browser, clinic: Clinic, services: Services
) -> None:
    admin.get(f"/dashboard/patients/{ward.patient}")
    clinic.browser("auditor").get("/dashboard/keys")
    services.access_trail.flush()
    page = admin.get(f"/dashboard/audit/access?patient={ward.patient}").text
    assert "dashboard_patients.one" in page
    refusals = admin.get("/dashboard/audit/access?outcome=refused").text
    assert "dashboard_keys.list" in refusals


def test_a_look_at_the_head_of_a_page_a_refusal_and_a_comparison_are_in_the_access_log(
    new_clinic: Callable[[], Clinic], services: Services
) -> None:
    ward = Ward(new_clinic())
    admin, stranger = ward.clinic.browser(), ward.clinic.browser("auditor")
    admin.head(f"/dashboard/patients/{ward.patient}")
    stranger.post(f"/dashboard/patients/{ward.patient}/chart/value")
    admin.get(f"/dashboard/reports/{ward.report}/diff?against={ward.report}")
    services.access_trail.flush()
    rows = services.database.rows(
        "SELECT operation, status, patient_id FROM access_log WHERE account_id = %s ORDER BY id",
        (ward.clinic.tenant.account_id,),
    )
    assert rows == [
        ("dashboard_patients.one", 200, ward.patient),
        ("dashboard_abstraction.value", 403, ward.patient),
        ("dashboard_reports.diff", 200, None),
    ]


def test_evidence_leads_to_the_form_of_its_variable(ward: Ward, admin: Browser) -> None:
    clinic = ward.clinic.tenant
    box = {"x1": 1.0, "y1": 2.0, "x2": 3.0, "y2": 4.0}
    place = {"pdf_page": 1, "highlight": box, "document_id": ward.document}
    clinic.put(ward.patient, ward.variable, "7.1", observed_on="2025-04-01", **place)
    page = admin.get(
        f"/dashboard/metrics/{ward.metric}/patients?period=2025&population=numerator"
    ).text
    assert f"chart?document={ward.document}&amp;page=1#value-{ward.variable}" in page


def test_a_past_version_of_a_patient_offers_nothing_to_change(ward: Ward, admin: Browser) -> None:
    page = admin.get(f"/dashboard/patients/{ward.patient}?version=1").text
    assert "version 1 of" in page
    assert "6.9" not in page
    assert "7.2" not in page
    assert 'type="file"' not in page


def test_every_count_of_a_metric_leads_to_its_patients(ward: Ward, admin: Browser) -> None:
    # No runner counts in this process; a moment is counted when it is asked for.
    now = urlencode({"as_of": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}+00:00"})
    page = admin.get(f"/dashboard/metrics/{ward.metric}?period=2025&{now}").text
    links = re.findall(r'href="([^"]+/patients\?[^"]+population=[^"]+)"', page)
    assert len(links) >= 4
    for link in links:
        assert admin.get(html.unescape(link)).status_code == 200, link
