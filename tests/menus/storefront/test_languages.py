"""Choosing a language, and falling back for missing texts."""

import pytest

from menus.storefront.languages import Texts, choose_language


@pytest.mark.parametrize(
    ("lang", "header", "chosen"),
    [
        ("fr", "de", "fr"),
        ("FR", "", "fr"),
        ("fr-ca", "", "fr"),
        ("en", "", "en-gb"),
        ("tlh", "de", "de"),
        ("tlh", "", "en-gb"),
        ("", "de-AT, fr;q=0.9", "de"),
        ("", "de;q=0.1, fr;q=0.9", "fr"),
        ("", "de;q=0, fr;q=0.5", "fr"),
        ("", "it, *", "en-gb"),
        ("", "", "en-gb"),
        ("", ";;;garbage\x00", "en-gb"),
        ("x" * 5000, "y" * 5000, "en-gb"),
    ],
)
def test_the_parameter_wins_then_the_header_then_the_preferred_language(lang: str, header: str, chosen: str) -> None:
    available = ["fr", "en-gb", "de"]
    assert choose_language(available=available, lang=lang, accept_language=header, preferred="en") == chosen


@pytest.mark.parametrize(
    ("available", "wanted", "chosen"),
    [
        (["zh-hans", "en", "zh-hant"], "zh-TW", "zh-hant"),
        (["zh-hans", "en", "zh-hant"], "zh-Hant-HK", "zh-hant"),
        (["zh-hant", "en", "zh-hans"], "zh", "zh-hans"),
        (["zh-hant", "en", "zh"], "zh-CN", "zh"),
        (["zh-cn", "en", "zh-tw"], "zh-hant", "zh-tw"),
        (["zh-tw", "en", "zh"], "cmn-Hans", "zh"),
        (["zh-hans", "en"], "zh-TW", "en"),
        (["zh-hans", "fr"], "zh-TW", "zh-hans"),
        (["sr-latn", "en", "sr"], "sr-RS", "sr"),
        (["sr", "en", "sr-latn"], "sh", "sr-latn"),
        (["pt-br", "pt"], "pt-PT", "pt"),
        (["pt", "pt-br"], "pt-BR", "pt-br"),
        (["de-ch", "de"], "de-AT", "de"),
        (["de-ch", "de"], "de-1996", "de"),
        (["de", "de-ch"], "de-CH-1996", "de-ch"),
        (["en-us", "en-gb"], "en-AU", "en-gb"),
        (["es-es", "es-419"], "es-MX", "es-419"),
        (["en", "he"], "iw", "he"),
        (["en", "iw"], "he-IL", "iw"),
        (["en", "nb"], "no", "nb"),
        (["en", "no"], "nb-NO", "no"),
        (["en", "id"], "in", "id"),
        (["en", "fil"], "tl", "fil"),
        (["en", "yi"], "ji", "yi"),
    ],
)
def test_a_language_is_looked_up_with_its_script_and_by_its_older_names(
    available: list[str], wanted: str, chosen: str
) -> None:
    assert choose_language(available=available, lang=wanted, accept_language="", preferred="en") == chosen
    assert choose_language(available=available, lang="", accept_language=wanted, preferred="en") == chosen


@pytest.mark.parametrize(
    ("language", "tags", "shown"),
    [
        ("zh-tw", ["zh-hans", "zh-hant", "en"], "zh-hant"),
        ("zh-hant", ["zh-hans", "en"], "en"),
        ("zh-hant", ["zh-hans", "fr"], "zh-hans"),
        ("pt-pt", ["pt-br", "pt", "en"], "pt"),
        ("de-at", ["de-ch", "de", "en"], "de"),
        ("iw", ["en", "he"], "he"),
    ],
)
def test_single_texts_and_words_are_looked_up_the_same_way(language: str, tags: list[str], shown: str) -> None:
    texts = Texts(language=language, preferred="en", available=[*tags, "en", "fr"])

    assert texts.name({tag: {"name": tag, "description": ""} for tag in tags}, till_name="Till") == shown
    assert texts.description({tag: {"name": "", "description": tag} for tag in tags}) == shown
    assert texts.word({tag: tag for tag in tags}) == shown


def test_without_a_preferred_language_the_menus_first_is_chosen() -> None:
    assert choose_language(available=["fr", "de"], lang="", accept_language="", preferred="pt") == "fr"


def test_a_menu_without_texts_is_in_the_preferred_language() -> None:
    assert choose_language(available=[], lang="fr", accept_language="fr", preferred="en") == "en"


@pytest.mark.parametrize(
    ("translations", "name", "description"),
    [
        ({"fr": {"name": "F", "description": "f"}, "en": {"name": "E", "description": "e"}}, "F", "f"),
        ({"fr": {"name": "F", "description": ""}, "en": {"name": "E", "description": "e"}}, "F", "e"),
        ({"fr-ca": {"name": "C", "description": ""}, "en": {"name": "E", "description": "e"}}, "C", "e"),
        ({"en-gb": {"name": "B", "description": "b"}}, "B", "b"),
        ({"de": {"name": "D", "description": "d"}}, "Till", ""),
        ({}, "Till", ""),
    ],
)
def test_each_text_falls_back_separately(translations: dict[str, dict[str, str]], name: str, description: str) -> None:
    texts = Texts(language="fr", preferred="en", available=["de", "en", "en-gb", "fr", "fr-ca"])
    assert texts.name(translations, till_name="Till") == name
    assert texts.description(translations) == description


@pytest.mark.parametrize(("preferred", "chosen"), [("en-gb", "en-gb"), ("en\nx", ""), ("中文", ""), ("", "")])
def test_without_any_language_the_preferred_one_must_be_a_language_tag(preferred: str, chosen: str) -> None:
    assert choose_language(available=[], lang="fr", accept_language="de", preferred=preferred) == chosen
