"""Whatever guests read is translated into every language that is offered."""

import re
from collections import Counter

import pytest
from django.conf import settings
from django.utils.translation import gettext, override

from tables.guest.texts import texts as of_the_script
from tests import messages

pytestmark = pytest.mark.any_database("no database is used")
_PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")


def test_the_languages_are_those_that_guests_can_choose() -> None:
    assert {"en-gb", *messages.LANGUAGES} == {code for code, _ in settings.LANGUAGES}


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_text_is_translated_with_the_same_placeholders(language: str) -> None:
    catalog = messages.catalog_of(language)
    stored = {str(message.id): message for message in catalog if message.id}

    assert set(stored) == set(messages.texts()), "run: make messages"
    assert [text for text, message in stored.items() if not message.string or message.fuzzy] == []
    for text, message in stored.items():
        assert Counter(_PLACEHOLDER.findall(text)) == Counter(_PLACEHOLDER.findall(str(message.string))), text


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    compiled = messages.po_file(language).with_suffix(".mo").read_bytes()

    assert compiled == messages.compiled(messages.catalog_of(language)), "run: make messages"


def test_the_scripts_texts_are_in_the_language_that_is_active() -> None:
    with override("de"):
        assert of_the_script()["due"] == "Noch zu zahlen"
        assert gettext("Your bill") == "Ihre Rechnung"
