"""Deals and choices that cannot be ordered because what they need has run out."""

from uuid import UUID, uuid5

from hypothesis import given, settings
from hypothesis import strategies as st

from menus.stock.deal_availability import Counted, GroupChoices, unorderable
from tests.support.examples import examples

_SPACE = UUID(int=7)


def id_of(name: str) -> UUID:
    return uuid5(_SPACE, name)


def unorderable_without(
    *names: str,
    opens: dict[str, str],
    groups: dict[str, tuple[int, str]],
    skus: dict[str, str] | None = None,
    left: dict[str, int] | None = None,
    once: str = "",
) -> set[str]:
    """Return what cannot be ordered when these are unavailable.

    Every name is one letter. `opens` lists each entry's groups, `groups` each group's minimum and its choices, `skus`
    the SKU of counted entries, `left` what is left of each, and `once` the groups whose choices can be taken once.
    """
    found = unorderable(
        unavailable=[id_of(name) for name in names],
        opens={id_of(entry): [id_of(group) for group in opened] for entry, opened in opens.items()},
        groups={
            id_of(id): GroupChoices(minimum, [id_of(choice) for choice in choices], once=id in once)
            for id, (minimum, choices) in groups.items()
        },
        counted={id_of(entry): Counted(sku, (left or {})[sku]) for entry, sku in (skus or {}).items()},
    )
    everything = {*names, *opens, *(skus or {}), *(choice for _, choices in groups.values() for choice in choices)}
    return {name for name in everything if id_of(name) in found}


def test_a_required_group_with_nothing_left_makes_its_products_unorderable() -> None:
    menu = {"opens": {"P": "G", "Q": "G", "R": "H"}, "groups": {"G": (1, "ab"), "H": (0, "a")}}

    assert unorderable_without("a", **menu) == {"a"}  # type: ignore[arg-type]  # str keys are the helper's arguments
    assert unorderable_without("a", "b", **menu) == {"a", "b", "P", "Q"}  # type: ignore[arg-type]  # as above


def test_a_choice_that_does_not_run_out_can_be_taken_as_often_as_its_group_requires() -> None:
    assert unorderable_without("a", "b", opens={"P": "G"}, groups={"G": (2, "abc")}) == {"a", "b"}
    assert unorderable_without("a", "b", "c", opens={"P": "G"}, groups={"G": (2, "abc")}) == {"a", "b", "c", "P"}
    assert unorderable_without(opens={"P": "G"}, groups={"G": (3, "a")}) == set()


def test_an_instruction_can_be_given_once() -> None:
    assert unorderable_without(opens={"P": "G", "Q": "H"}, groups={"G": (2, "a"), "H": (2, "bc")}, once="GH") == {"P"}


def test_a_required_group_without_choices_can_never_be_satisfied() -> None:
    assert unorderable_without(opens={"P": "G", "Q": "H"}, groups={"G": (1, ""), "H": (0, "")}) == {"P"}


def test_unavailability_spreads_to_any_depth_and_around_cycles() -> None:
    deep = {"opens": {"P": "G", "a": "H", "b": "I"}, "groups": {"G": (1, "a"), "H": (1, "b"), "I": (1, "c")}}
    assert unorderable_without("c", **deep) == {"a", "b", "c", "P"}  # type: ignore[arg-type]  # str keys are the helper's arguments

    cycle = {"opens": {"P": "G", "a": "H", "b": "G"}, "groups": {"G": (1, "ac"), "H": (1, "b")}}
    assert unorderable_without(**cycle) == set()  # type: ignore[arg-type]  # str keys are the helper's arguments
    assert unorderable_without("b", **cycle) == {"a", "b"}  # type: ignore[arg-type]  # as above
    assert unorderable_without("c", **cycle) == {"a", "b", "c", "P"}  # type: ignore[arg-type]  # no order would end


def test_two_required_groups_need_a_portion_each_of_the_only_item_that_both_offer() -> None:
    deal = {"opens": {"P": "GH"}, "groups": {"G": (1, "a"), "H": (1, "b")}, "skus": {"a": "x", "b": "x"}}

    assert unorderable_without(**deal, left={"x": 1}) == {"P"}  # type: ignore[arg-type]  # str keys are the helper's arguments
    assert unorderable_without(**deal, left={"x": 2}) == set()  # type: ignore[arg-type]  # as above


def test_a_group_can_leave_the_shared_item_to_a_group_that_has_nothing_else() -> None:
    deal = {
        "opens": {"P": "GHI"},
        "groups": {"G": (1, "ab"), "H": (1, "cd"), "I": (1, "e")},
        "skus": {"a": "x", "b": "y", "c": "y", "d": "z", "e": "x"},
    }

    assert unorderable_without(**deal, left={"x": 1, "y": 1, "z": 1}) == set()  # type: ignore[arg-type]  # str keys are the helper's arguments
    assert unorderable_without(**deal, left={"x": 1, "y": 1, "z": 0}) == {"d", "P"}  # type: ignore[arg-type]  # as above


def test_a_group_counts_the_portions_of_its_choices_together() -> None:
    pick_three = {"opens": {"P": "G"}, "groups": {"G": (3, "ab")}, "skus": {"a": "x", "b": "y"}}

    assert unorderable_without(**pick_three, left={"x": 1, "y": 1}) == {"P"}  # type: ignore[arg-type]  # str keys are the helper's arguments
    assert unorderable_without(**pick_three, left={"x": 1, "y": 2}) == set()  # type: ignore[arg-type]  # as above


def test_the_portion_of_the_product_itself_is_not_left_for_its_groups() -> None:
    double = {"opens": {"P": "G"}, "groups": {"G": (1, "a")}, "skus": {"P": "x", "a": "x"}}

    assert unorderable_without(**double, left={"x": 1}) == {"P"}  # type: ignore[arg-type]  # str keys are the helper's arguments
    assert unorderable_without(**double, left={"x": 2}) == set()  # type: ignore[arg-type]  # as above


def test_portions_of_nested_groups_count_with_those_above_them() -> None:
    nested = {
        "opens": {"P": "GI", "a": "H", "b": "H"},
        "groups": {"G": (2, "ab"), "H": (1, "c"), "I": (1, "d")},
        "skus": {"c": "x", "d": "x"},
    }

    assert unorderable_without(**nested, left={"x": 2}) == {"P"}  # type: ignore[arg-type]  # str keys are the helper's arguments
    assert unorderable_without(**nested, left={"x": 3}) == set()  # type: ignore[arg-type]  # as above


def test_a_minimum_that_no_stock_satisfies_is_decided_at_once() -> None:
    huge = {"opens": {"P": "G"}, "groups": {"G": (2**31 - 1, "ab")}, "skus": {"a": "x", "b": "y"}}

    assert unorderable_without(**huge, left={"x": 2**30, "y": 2**30}) == set()  # type: ignore[arg-type]  # str keys are the helper's arguments
    assert unorderable_without(**huge, left={"x": 2**30, "y": 5}) == {"P"}  # type: ignore[arg-type]  # as above


_Left = frozenset[tuple[str, int]]
_GROUPS = "GHI"
_ENTRIES = "PQabcdefg"


@settings(max_examples=examples(100))
@given(
    sold_out=st.sets(st.sampled_from(_ENTRIES), max_size=3),
    opens=st.dictionaries(st.sampled_from(_ENTRIES), st.text(_GROUPS, max_size=3).map(lambda text: "".join(set(text)))),
    minimums=st.tuples(*[st.integers(0, 3)] * 3),
    skus=st.dictionaries(st.sampled_from(_ENTRIES), st.sampled_from("xyz")),
    left=st.fixed_dictionaries({sku: st.integers(0, 4) for sku in "xyz"}),
)
def test_an_entry_is_unorderable_exactly_if_no_order_of_it_can_be_put_together(
    sold_out: set[str],
    opens: dict[str, str],
    minimums: tuple[int, int, int],
    skus: dict[str, str],
    left: dict[str, int],
) -> None:
    groups = dict(zip(_GROUPS, zip(minimums, ("abc", "de", "fg"), strict=True), strict=True))
    found = unorderable_without(*sold_out, opens=opens, groups=groups, skus=skus, left=left)

    def after(entry: str, before: _Left, inside: str = "") -> set[_Left]:
        """Return what can be left after one of the entry. In the smallest order no group is nested in itself."""
        rest = dict(before)
        if sku := skus.get(entry):
            rest[sku] -= 1
        if entry in sold_out or min(rest.values()) < 0:
            return set()
        states = {frozenset(rest.items())}
        for group in opens.get(entry, ""):
            minimum, choices = groups[group]
            for _ in range(minimum):
                states = {
                    end
                    for state in states
                    if group not in inside
                    for choice in choices
                    for end in after(choice, state, inside + group)
                }
        return states

    for entry in _ENTRIES:
        assert (entry in found) == (not after(entry, frozenset(left.items())))
