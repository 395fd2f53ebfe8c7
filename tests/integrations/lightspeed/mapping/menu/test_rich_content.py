import time

import pytest

from integrations.lightspeed.mapping.menu.rich_content import calories_in


@pytest.mark.parametrize(
    ("description", "calories"),
    [
        ("Two patties. 450 kcal", 450),
        ("450kcal", 450),
        ("(450 Kcal)", 450),
        ("450-kcal", 450),
        ("450\u202fkcal", 450),
        ("kcal: 1,200", 1200),
        ("kcal = 450", 450),
        ("kcal 450, 12 g", 450),
        ("1 883 kJ / 450 kcal", 450),
        ("1883kJ/450kcal", 450),
        ("1.200 kcal", 1200),
        ("1’200 kcal", 1200),
        ("449,6 kcal", 450),
        ("1,200.5 kcal", 1201),
        ("450 kcal 12 g fat", 450),
        ("Fat 12 kcal: 450", 450),
        ("2 eggs, 450 kcal", 450),
        ("450 Kalorien", 450),
        ("450 calorías", 450),
        ("450 calories", 450),
        ("450 ккал", 450),
        ("٤٥٠ سعرة", 450),
        ("450 大卡", 450),
        ("0 kcal", 0),
        ("No 12", None),
        ("Calzone 4", None),
        ("Local 5", None),
        ("kcal", None),
        ("999999 kcal", None),
        ("", None),
    ],
)
def test_calories_are_read_from_the_words(description: str, calories: int | None) -> None:
    assert calories_in(description) == calories


@pytest.mark.parametrize("unit", ["1", "111 ", "kcal ", "calor"])
def test_a_hostile_description_costs_no_more_than_its_length(unit: str) -> None:
    started = time.process_time()
    calories_in(unit * 20_000)
    assert time.process_time() - started < 2
