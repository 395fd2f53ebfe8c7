"""Every page says what a browser may load and run there, as strictly as the page allows."""

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from storekit.serving.content_security import HEADER


def policy(client: Client, path: str) -> dict[str, str]:
    header = client.get(path).headers[HEADER]
    return dict(part.strip().split(" ", 1) for part in header.split(";"))


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/", "/nothing/here/", "/healthz"])
def test_log_in_and_guests_pages_run_and_style_nothing_inline(client: Client, db: None, path: str) -> None:
    found = policy(client, path)
    assert found["default-src"] == "'none'"
    assert found["script-src"] == found["style-src"] == found["connect-src"] == "'self'"
    assert found["frame-ancestors"] == found["base-uri"] == "'none'"
    assert "unsafe" not in str(found)


def test_the_api_documentation_runs_nothing_inline(client: Client) -> None:
    found = policy(client, "/api/docs/")
    assert found["script-src"] == "'self'"
    assert found["style-src"] == "'self' 'unsafe-inline'"
    page = client.get("/api/docs/").content.decode()
    assert page.count("<script") == page.count("<script src=")


def test_the_back_office_runs_nothing_inline_but_evaluates_its_attributes(annas_browser: Client) -> None:
    found = policy(annas_browser, "/admin/")
    assert found["script-src"] == "'self' 'unsafe-eval'"
    assert found["default-src"] == found["frame-ancestors"] == "'none'"


def test_only_pages_that_connect_a_venue_have_forms_that_lead_to_the_log_in_of_the_pos(
    annas_browser: Client, settings: Settings
) -> None:
    settings.LIGHTSPEED_AUTH_URL = "http://127.0.0.1:8001/auth"
    assert policy(annas_browser, "/admin/")["form-action"] == "'self' https: http://127.0.0.1:8001"
    assert policy(annas_browser, "/integrations/lightspeed/x")["form-action"] == "'self' https: http://127.0.0.1:8001"
    assert policy(annas_browser, "/accounts/login/")["form-action"] == "'self'"


def test_an_api_answer_allows_nothing_foreign_either(storefront: APIClient) -> None:
    answer = storefront.get("/api/v1/venues/copper-pot/orders/none")
    assert answer.headers[HEADER].startswith("default-src 'none'")
