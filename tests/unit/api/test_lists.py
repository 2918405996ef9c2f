"""Lists come in pages that can be walked, and a mistyped parameter never widens them."""

import re

import pytest

from tests.unit.api.caller import Caller


@pytest.fixture(scope="module")
def names(caller: Caller) -> list[str]:
    """Seven patients in the order of their names, which is that of their registration."""
    names = [f"Patient {letter}" for letter in "ABCDEFG"]
    for number, name in enumerate(names):
        caller.make(
            "/patients",
            name=name,
            sex="F" if number % 2 else "M",
            dob=f"19{50 + number}-01-01",
            external_id=f"X-{number}",
        )
    return names


def shown(caller: Caller, path: str) -> list[str]:
    answer = caller.get(path)
    assert answer.status_code == 200, answer.text
    return [patient["name"] for patient in answer.json["data"]]


def links(header: str) -> dict[str, str]:
    return {name: target for target, name in re.findall(r'<([^>]*)>; rel="(\w+)"', header)}


@pytest.mark.parametrize("start", ["/patients?limit=3", "/patients?page=1&page_size=3"])
def test_following_next_shows_everything_once(caller: Caller, names: list[str], start: str) -> None:
    seen, path = [], start
    for _ in range(10):
        answer = caller.get(path)
        seen += [patient["name"] for patient in answer.json["data"]]
        pagination = answer.json["pagination"]
        assert (pagination["total"], pagination["limit"]) == (7, 3)
        if pagination["next"] is None:
            break
        path = pagination["next"]
    assert seen == names


def test_a_cursor_does_not_skip_or_repeat_when_patients_are_added_meanwhile(
    caller: Caller, names: list[str]
) -> None:
    first = caller.get("/patients?limit=4").json
    cursor = first["pagination"]["next_cursor"]
    rest = caller.get(f"/patients?limit=4&cursor={cursor}").json
    ids = [patient["id"] for patient in first["data"] + rest["data"]]
    assert len(ids) == len(set(ids)) == 7
    assert rest["pagination"]["offset"] is None
    assert rest["pagination"]["next_cursor"] is None


def test_link_and_total_are_the_same_in_both_shapes(caller: Caller, names: list[str]) -> None:
    answer = caller.get("/patients?limit=2&offset=2&sex=M")
    bare = caller.get("/patients?limit=2&offset=2&sex=M&envelope=false")
    assert bare.json == answer.json["data"]
    assert bare.headers["x-total-count"] == answer.headers["x-total-count"] == "4"
    assert links(answer.headers["link"]) == {
        "first": "/patients?sex=M&limit=2&offset=0",
        "prev": "/patients?sex=M&limit=2&offset=0",
        "last": "/patients?sex=M&limit=2&offset=2",
    }
    assert set(links(bare.headers["link"])) == {"first", "prev", "last"}


def test_an_empty_list_has_a_first_and_a_last_page(caller: Caller) -> None:
    answer = caller.get("/metrics")
    assert answer.json["data"] == []
    assert set(links(answer.headers["link"])) == {"first", "last"}
    assert answer.headers["x-total-count"] == "0"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("q=patient+c", "C"),
        ("q=X-3", "D"),
        ("name=Patient+B", "B"),
        ("external_id=X-6", "G"),
        ("dob=1954-01-01", "E"),
        ("sex=F", "BDF"),
        ("sort=-name", "GFEDCBA"),
        ("sort=-dob&limit=2", "GF"),
        ("name=Patient", ""),
    ],
)
def test_filters_and_sort(caller: Caller, names: list[str], query: str, wanted: str) -> None:
    assert shown(caller, f"/patients?{query}") == [f"Patient {letter}" for letter in wanted]


@pytest.mark.parametrize(
    "query",
    [
        "limti=1",
        "limit=1&limit=2",
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=1.0",
        "limit=%2B1",
        "limit=1_0",
        "limit=٣",
        "limit=",
        "offset=10001",
        "page=0&page_size=10",
        "page=1002&page_size=10",
        "page=1&limit=10",
        "page=1&offset=0",
        "limit=1&page_size=1",
        "cursor=YWZ0ZXI6Mw&offset=0",
        "cursor=YWZ0ZXI6Mw&sort=name",
        "cursor=garbage!",
        "cursor=YWZ0ZXI6MDM",
        "cursor=",
        "sort=name;drop",
        "sort=name,dob",
        "dob=1950-13-01",
        "q=%00",
        "envelope=maybe",
        "api_key=x",
    ],
)
def test_a_query_that_is_not_understood_is_a_400(caller: Caller, query: str) -> None:
    answer = caller.get(f"/patients?{query}")
    assert answer.status_code == 400
    assert answer.json["title"] == "Bad query"


def test_an_unknown_parameter_is_answered_with_the_known_ones(caller: Caller) -> None:
    detail = caller.get("/variables?nmae=x").json["detail"]
    assert detail == (
        "nmae is not a parameter here; allowed: as_of, envelope, limit, offset, page, page_size"
    )


@pytest.mark.parametrize(
    "path", ["/patients", "/variables", "/date-variables", "/metrics", "/api-keys"]
)
def test_every_list_has_total_links_and_position(caller: Caller, path: str) -> None:
    answer = caller.get(path)
    assert {"x-total-count", "link", "x-log-position"} <= {*answer.headers}
    assert answer.json["meta"]["position"] == answer.headers["x-log-position"]
    assert {"total", "limit", "offset", "next", "previous"} <= answer.json["pagination"].keys()
    assert answer.json["pagination"]["limit"] == 100


@pytest.mark.parametrize("text", ["' OR 1=1 --", "%", "_", "\\", "a' UNION SELECT 1; --"])
def test_a_filter_is_never_sql(caller: Caller, names: list[str], text: str) -> None:
    for name in ("q", "name", "sex", "external_id"):
        answer = caller.get("/patients", params={name: text})
        assert (answer.status_code, answer.json["data"]) == (200, [])
