"""Errors that no view raises look like all the others."""

import pytest
from django.test import Client
from rest_framework.test import APIClient


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/api/v1/venues/copper-pot/orders/", "/webhooks/lightspeed/x/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_address_that_does_not_exist_is_answered_as_an_error(db: None, path: str, method: str) -> None:
    answer = getattr(Client(), method)(path)
    assert answer.status_code == 404
    assert answer.json()["type"] == "client_error"
    assert [(error["code"], error["attr"]) for error in answer.json()["errors"]] == [("not_found", None)]


def test_people_get_a_page(db: None) -> None:
    answer = Client().get("/nowhere/")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("method", "headers", "status", "code"),
    [("delete", {}, 405, "method_not_allowed"), ("post", {"Accept": "application/xml"}, 406, "not_acceptable")],
)
def test_wrong_methods_and_formats_are_answered_as_errors(
    storefront: APIClient, method: str, headers: dict[str, str], status: int, code: str
) -> None:
    answer = getattr(storefront, method)("/api/v1/venues/copper-pot/orders", headers=headers)
    assert answer.status_code == status
    assert [error["code"] for error in answer.json()["errors"]] == [code]
