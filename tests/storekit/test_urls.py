"""Addresses that Django brings along and storekit does not use are not there."""

import pytest
from django.test import Client


@pytest.mark.parametrize("path", ["/admin/r/1/none/", "/admin/r/x/1/", "/admin/r/10/1/"])
def test_the_redirect_to_an_objects_page_is_not_there(path: str, annas_browser: Client) -> None:
    assert annas_browser.get(path).status_code == 404
