"""Habits: switches for how the POS behaves, and the error bodies of its different parts.

Source: integrators' logs.
"""

import pytest

from tests.sandbox.pos import HIGH_STREET, Json, Pos
from tests.sandbox.process import running_sandbox

BUSINESSES = "/o/op/data/businesses"


def test_habits_are_set_shown_and_reset(pos: Pos) -> None:
    pos.habits(trial_mode=True, arrival="SILENT", listed_hours=4)
    habits = pos.state()["habits"]
    assert (habits["trial_mode"], habits["arrival"], habits["listed_hours"]) == (True, "SILENT", 4)
    pos.control("DELETE", "habits")
    assert pos.control("GET", "habits")["arrival"] == "SUCCESS"
    pos.habits(trial_mode=True)
    pos.control("POST", "reset")
    assert pos.state()["habits"]["trial_mode"] is False


def test_faults_can_be_cleared_without_touching_habits(pos: Pos) -> None:
    pos.habits(trial_mode=True)
    pos.control("DELETE", "faults")
    assert pos.state()["habits"]["trial_mode"] is True


@pytest.mark.parametrize(
    "habits", [{"arival": "SILENT"}, {"arrival": "LATE"}, {"trial_mode": 1}, {"listed_hours": -1}, []]
)
def test_an_unknown_habit_or_value_is_refused(pos: Pos, habits: Json) -> None:
    answer = pos.call("PUT", "/sandbox/habits", habits)
    assert answer.status_code == 400
    assert answer.json()["message"]


NOT_USUAL = {
    "account_id_as_number": "sent as a string too",
    "trial_mode": "of trial locations only",
    "amounts_as_text": "sent as numbers too",
    "old_app_warning": "of tills with an old app",
    "location_warning": "of tills with an old app",
}


def test_the_sandbox_behaves_like_the_real_pos_unless_told_otherwise() -> None:
    with running_sandbox() as base_url:
        pos = Pos(base_url)
        for _ in range(2):
            habits = pos.state()["habits"]
            assert {name for name, value in habits.items() if value is False} == set(NOT_USUAL)
            assert (habits["acceptance"], habits["arrival"], habits["listed_hours"]) == ("ok", "SUCCESS", 15)
            assert pos.control("GET", "menus/168")["menuEntryGroups"][-1]["name"] == "Extras"
            assert pos.control("GET", "menus/271")["menuEntryGroups"][-1]["name"] != "Extras"
            pos.habits(**{name: False for name, value in habits.items() if value is True})
            assert pos.control("GET", "menus/168")["menuEntryGroups"][-1]["name"] != "Extras"
            pos.control("POST", "reset")


def test_a_replaced_menu_gets_no_extras(pos: Pos) -> None:
    pos.control("PUT", "menus/168", {"menuEntryGroups": []})
    pos.control("DELETE", "habits")
    pos.faults(slow=0)
    assert pos.control("GET", "menus/168")["menuEntryGroups"] == []


def test_all_habits_together_take_an_order(pos: Pos) -> None:
    pos.take(pos.order(tableNumber="4"), "local")
    pos.take(pos.order([{"quantity": 1, "sku": "FILTER01", "subItems": [{"quantity": 1, "sku": "OWNCUP"}]}]))


def test_every_habit_is_on_the_till_page(pos: Pos) -> None:
    page = pos.http.get(f"{pos.base_url}/till", timeout=5).text
    for name in pos.state()["habits"]:
        assert f'name="{name}"' in page


def test_a_menu_without_back_office_permission_is_a_400_that_wraps_a_403(pos: Pos) -> None:
    """The person who connected lacks BO-WRITE."""
    pos.faults(menu_forbidden=True)
    answer = pos.get("/o/op/2/menu/load/168")
    assert answer.status_code == 400
    assert set(answer.json()) == {"url", "ex"}
    assert answer.json()["ex"].startswith("403 Forbidden from GET http://backend:8086/")
    assert pos.get("/o/op/1/menu/list").status_code == 200


@pytest.mark.parametrize(("kind", "keys"), [("unauthorized", {"errors"}), ("exception", {"exception"})])
def test_errors_may_have_another_body(pos: Pos, kind: str, keys: set[str]) -> None:
    pos.faults(error_body=kind, error_status=503)
    answer = pos.get(BUSINESSES)
    assert (answer.status_code, set(answer.json())) == (503, keys)
    pos.faults(error_status=0)
    pos.control("POST", "tokens/expire")
    answer = pos.get(BUSINESSES)
    assert (answer.status_code, set(answer.json())) == (401, keys)


def test_the_unauthorized_body_has_a_code_and_a_title(pos: Pos) -> None:
    pos.faults(error_body="unauthorized")
    body = pos.get("/o/op/1/menu/list", bl=7).json()
    assert body == {"errors": [{"code": "unauthorized", "title": "Forbidden"}]}


def test_errors_may_have_no_body(pos: Pos) -> None:
    pos.faults(error_body="empty", throttle=True, retry_after=3)
    answer = pos.get(BUSINESSES)
    assert (answer.status_code, answer.content, answer.headers["Retry-After"]) == (429, b"", "3")
    assert pos.call("PUT", "/sandbox/faults", {"nothing": 1}).json()["message"]


def test_a_location_of_a_webhook_can_come_with_a_warning(pos: Pos) -> None:
    """Source: the vendor's API documentation (https://api-docs.lsk.lightspeed.app/)."""
    path = "/o/wh/1/webhook/storekit/business-locations"
    (location,) = pos.call("GET", path).json()
    assert set(location) == {"businessLocationId", "createdAt", "updatedAt", "warnings"}
    assert (location["businessLocationId"], location["warnings"]) == (HIGH_STREET, [])
    pos.habits(location_warning=True)
    (warned,) = pos.call("GET", path).json()
    assert [set(warning) for warning in warned["warnings"]] == [{"information", "type"}]
    assert pos.call("PUT", f"{path}/{HIGH_STREET}").json() == warned


def test_an_unknown_endpoint_is_named(pos: Pos) -> None:
    answer = pos.call("GET", "/o/wh/1/webhook/nobody")
    assert (answer.status_code, answer.json()["message"]) == (404, "endpoint ID not found for nobody")
