"""The dashboard in a real browser: the whole story, as a person would do it."""

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Request, expect

from examples.demo import Client, new_account
from tests.acceptance.browser import MISSING, Visitor, chromium, launched

PDF = Path(__file__).parents[2] / "examples" / "visit-note.pdf"
PASSWORD = "correct horse battery"
FORMULA = """initial population: age >= 18
denominator: HbA1c is known
numerator: HbA1c <= 8"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = chromium()
    if executable is None:
        pytest.skip(MISSING)
    with launched(executable) as browser:
        yield browser


@pytest.fixture
def email(client: Client) -> str:
    """An admin of the client's account, who has just got the one-time link."""
    return email_of(client)


@pytest.fixture
def link(client: Client, service: tuple[str, Path]) -> str:
    """The admin's one-time link."""
    return invitation(client, service[1])


@dataclass(frozen=True)
class Practice:
    """Somebody signed in, and the pages of an account that has something of everything."""

    ada: Visitor
    paths: tuple[str, ...]
    patient: str


@pytest.fixture(scope="module")
def practice(browser: Browser, service: tuple[str, Path]) -> Practice:
    client = new_account(*service)
    variables(client)
    metric = client.call(
        "POST", "/metrics", {"name": "Good control", "calculation_formula": FORMULA.split("\n")}
    )
    ann = {"name": "<b>Ann</b> " + "Wolkenstein " * 10, "dob": "1961-04-12"}
    patient = client.call("POST", "/patients", ann)
    client.upload(f"/patients/{patient['id']}/pdf", PDF)
    client.call("POST", f"/patients/{patient['id']}/scrape", {})
    report = client.call("POST", "/cms-reports", {"period": "2025"})
    other = client.call("POST", "/cms-reports", {"period": "2026"})
    ada = Visitor.arrive(browser, client.url)
    set_password(ada, invitation(client, service[1]))
    ada.sign_in(email_of(client), PASSWORD)
    chart = f"patients/{patient['id']}"
    paths = (
        "patients", "queue", "metrics", "metrics/new", f"metrics/{metric['id']}",
        f"metrics/{metric['id']}/edit", f"metrics/{metric['id']}/versions",
        f"metrics/{metric['id']}/patients?population=numerator&period=2025", "reports?period=2025",
        f"reports/{report['id']}", f"reports/{report['id']}/diff?against={other['id']}", "audit",
        f"audit/{report['position']}", "audit/access", "health", "people", "keys", "no-such-page",
        chart, f"{chart}/chart", f"{chart}/report?period=2025", f"{chart}/history",
        f"{chart}?version=1",
    )  # fmt: skip
    return Practice(ada, paths, chart)


def email_of(client: Client) -> str:
    """The admin of the client's account."""
    return f"ada{account_of(client)}@clinic.example"


def invitation(client: Client, data_dir: Path) -> str:
    """What `attestor users invite` prints, at the address of this service."""
    printed = subprocess.run(
        [sys.executable, "-m", "service.cli", "users", "invite", str(account_of(client)),
         email_of(client), "--name", "Ada"],
        env={**os.environ, "ATTESTOR_DATA_DIR": str(data_dir)},
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    return re.sub(r"^https?://[^/]+", "", printed)


def account_of(client: Client) -> int:
    """The account's number."""
    return int(client.call("GET", "/account")["id"])


def variables(client: Client) -> None:
    """What the clinic abstracts."""
    for name, units in (("HbA1c", "%"), ("Weight", "kg"), ("Hemoglobin", "g/dL")):
        client.call("POST", "/variables", {"name": name, "units": units})
    client.call("POST", "/date-variables", {"name": "Date of visit"})


def set_password(visitor: Visitor, link: str) -> None:
    """Through the one-time link."""
    visitor.go(link)
    visitor.page.fill("[name=password]", PASSWORD)
    visitor.page.fill("[name=again]", PASSWORD)
    visitor.page.click("main button")


@pytest.mark.parametrize("has_script", [True, False], ids=["with scripts", "without scripts"])
def test_the_whole_story_from_the_first_link_to_the_event_in_the_log(
    browser: Browser, client: Client, email: str, link: str, has_script: bool
) -> None:
    variables(client)
    ada = Visitor.arrive(browser, client.url, java_script_enabled=has_script)
    page = ada.page
    set_password(ada, link)
    ada.sign_in(email, PASSWORD)

    # A key, used with HTTP, and its usage.
    ada.go("/dashboard/keys")
    page.fill("[name=name]", "Mobile app")
    page.click("text=Make the key")
    secret = page.input_value("[aria-label='New API key']")
    request = urllib.request.Request(f"{client.url}/patients", headers={"X-API-Key": secret})
    assert urllib.request.urlopen(request).status == 200
    place = page.get_by_role("link", name="Mobile app").get_attribute("href")
    assert place
    until_there(ada, place, "GET /patients")
    ada.go("/dashboard/keys")
    ada.keep("keys")

    # A patient, a document, and what is read off it.
    ada.go("/dashboard/patients")
    page.click("text=Register a patient")
    page.fill("details [name=name]", "Elena Marchetti")
    page.fill("details [name=dob]", "1961-04-12")
    page.click("details button")
    page.set_input_files("[name=file]", PDF)
    page.click("button:has-text('Upload')")
    page.wait_for_url("**done=document-uploaded")
    page.click("text=Abstract the chart")
    page.click("text=Scrape all variables")
    hba1c = item(ada, "HbA1c")
    expect(hba1c).to_contain_text("7.2")
    expect(item(ada, "Hemoglobin")).to_contain_text("missing")
    if has_script:
        correct_by_keyboard(ada)
    else:
        hba1c.locator(".own summary").click()
        hba1c.locator(".entry [name=value]").fill("7.4")
        hba1c.locator(".entry [name=reason]").fill("Misread")
        hba1c.locator(".entry button").click()
    expect(item(ada, "HbA1c")).to_contain_text("7.4")
    ada.keep("chart")

    # A metric and its report, frozen.
    ada.go("/dashboard/metrics/new")
    page.fill("[name=name]", "Good control")
    page.fill("textarea", FORMULA)
    page.fill("[name=low_quality_threshold]", "50")
    page.fill("[name=high_quality_threshold]", "80")
    page.click("text=Check and preview")
    expect(page.locator("#check")).to_contain_text("The formula holds")
    page.click("text=Save")
    page.wait_for_url("**done=metric-saved")
    until_there(ada, "/dashboard/reports?period=2025", "100.0 %")
    page.click("text=Good control")
    expect(page.locator("main")).to_contain_text("100.0 %")
    ada.keep("metric")
    ada.go("/dashboard/reports?period=2025")
    page.click("text=Freeze this report")
    page.click("text=Verify against the log")
    expect(page.locator("main")).to_contain_text("byte for byte")

    # The event behind the corrected value.
    ada.go("/dashboard/audit?type=patient.value_reviewed")
    page.locator("tbody tr", has_text="corrected").locator("th a").click()
    expect(page.locator("main")).to_contain_text("corrected to 7.4")
    expect(page.locator("main")).to_contain_text("Ada")
    page.click("text=Sign out")
    expect(page).to_have_url(re.compile("/dashboard/sign-in"))
    assert ada.complaints == []


def item(visitor: Visitor, variable: str) -> Locator:
    """A variable on the page that abstracts a chart."""
    return visitor.page.locator(f".item:has(strong:text-is('{variable}'))")


def correct_by_keyboard(ada: Visitor) -> None:
    """No mouse: to the first value, correct it, and to the next one, accept it."""
    page = ada.page
    page.keyboard.press("n")
    page.wait_for_url("**#value-*")
    page.keyboard.press("e")
    page.keyboard.type("7.4")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=value-saved**")
    page.keyboard.press("n")
    expect(item(ada, "Hemoglobin")).to_be_focused()
    page.keyboard.press("n")
    page.wait_for_url("**page=1**")
    page.keyboard.press("a")
    page.wait_for_url("**done=value-accepted**")
    expect(item(ada, "Weight")).to_contain_text("accepted")


def until_there(visitor: Visitor, path: str, text: str) -> None:
    """Load a page until what is counted or computed beside the log shows on it."""
    for _ in range(480):
        visitor.go(path)
        if text in visitor.page.inner_text("main"):
            return
        visitor.page.wait_for_timeout(250)
    raise AssertionError(f"{path} never showed {text}")


def test_every_page_keeps_to_wcag_in_light_and_dark_and_to_its_own_policy(
    practice: Practice,
) -> None:
    ada, breaches = practice.ada, []
    for path in practice.paths:
        ada.go(f"/dashboard/{path}")
        breaches += ada.breaches_of_wcag()
    assert breaches == []
    assert ada.complaints == []


def test_the_door_keeps_to_wcag_too(browser: Browser, practice: Practice) -> None:
    ada = practice.ada
    ada.go("/dashboard/people")
    ada.page.fill("main [name=name]", "Bo")
    ada.page.fill("main [name=email]", "bo@clinic.example")
    ada.page.click("main button:has-text('one-time link')")
    breaches = ada.breaches_of_wcag()
    link = ada.page.input_value("[aria-label='One-time link']")
    stranger = Visitor.arrive(browser, ada.url)
    for path in ("/dashboard/sign-in", re.sub(r"^https?://[^/]+", "", link)):
        stranger.go(path)
        breaches += stranger.breaches_of_wcag()
    assert breaches == []
    assert stranger.complaints == []


def test_no_page_is_wider_than_a_phone(practice: Practice) -> None:
    page = practice.ada.page
    page.set_viewport_size({"width": 390, "height": 844})
    for path in practice.paths:
        practice.ada.go(f"/dashboard/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_patients_report_prints_without_menus_and_forms(practice: Practice) -> None:
    page = practice.ada.page
    practice.ada.go(f"/dashboard/{practice.patient}/report?period=2025")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="HbA1c")).to_be_visible()
    for gone in ("nav", "form", "footer", "button"):
        assert not any(each.is_visible() for each in page.locator(gone).all()), gone
    page.emulate_media(media="screen")


def test_the_first_view_is_light(browser: Browser, client: Client) -> None:
    ada = Visitor.arrive(browser, client.url)
    sizes: list[int] = []

    def weigh(request: Request) -> None:
        sizes.append(request.sizes()["responseBodySize"])

    ada.page.on("requestfinished", weigh)
    ada.page.goto("/dashboard/sign-in", wait_until="networkidle")
    assert 0 < sum(sizes) <= 100_000
