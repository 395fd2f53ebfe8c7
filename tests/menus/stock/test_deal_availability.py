"""Deals and choices that cannot be ordered because what they need has run out."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from menus.stock.deal_availability import GroupChoices, unorderable

_SPACE = UUID(int=7)


def id_of(name: str) -> UUID:
    return uuid5(_SPACE, name)


def unorderable_without(*names: str, opens: dict[str, str], groups: dict[str, tuple[int, str]]) -> set[str]:
    """Return what cannot be ordered when these are unavailable.

    Every name is one letter. `opens` lists each entry's groups, `groups` each group's minimum and its choices.
    """
    found = unorderable(
        unavailable=[id_of(name) for name in names],
        opens={id_of(entry): [id_of(group) for group in opened] for entry, opened in opens.items()},
        groups={
            id_of(id): GroupChoices(minimum, [id_of(choice) for choice in choices])
            for id, (minimum, choices) in groups.items()
        },
    )
    everything = {*names, *opens, *(choice for _, choices in groups.values() for choice in choices)}
    return {name for name in everything if id_of(name) in found}


def test_a_required_group_with_nothing_left_makes_its_products_unorderable() -> None:
    menu = {"opens": {"P": "G", "Q": "G", "R": "H"}, "groups": {"G": (1, "ab"), "H": (0, "a")}}

    assert unorderable_without("a", **menu) == {"a"}  # type: ignore[arg-type]  # str keys are the helper's arguments
    assert unorderable_without("a", "b", **menu) == {"a", "b", "P", "Q"}  # type: ignore[arg-type]  # as above


def test_a_required_group_needs_its_minimum_or_all_of_its_choices_if_it_has_fewer() -> None:
    assert unorderable_without("a", opens={"P": "G"}, groups={"G": (2, "abc")}) == {"a"}
    assert unorderable_without("a", "b", opens={"P": "G"}, groups={"G": (2, "abc")}) == {"a", "b", "P"}
    assert unorderable_without(opens={"P": "G"}, groups={"G": (3, "a")}) == set()
    assert unorderable_without("a", opens={"P": "G"}, groups={"G": (3, "a")}) == {"a", "P"}


def test_a_required_group_without_choices_can_never_be_satisfied() -> None:
    assert unorderable_without(opens={"P": "G", "Q": "H"}, groups={"G": (1, ""), "H": (0, "")}) == {"P"}


def test_unavailability_spreads_to_any_depth_and_around_cycles() -> None:
    deep = {"opens": {"P": "G", "a": "H", "b": "I"}, "groups": {"G": (1, "a"), "H": (1, "b"), "I": (1, "c")}}
    assert unorderable_without("c", **deep) == {"a", "b", "c", "P"}  # type: ignore[arg-type]  # str keys are the helper's arguments

    cycle = {"opens": {"P": "G", "a": "H", "b": "G"}, "groups": {"G": (1, "a"), "H": (1, "b")}}
    assert unorderable_without(**cycle) == set()  # type: ignore[arg-type]  # str keys are the helper's arguments
    assert unorderable_without("b", **cycle) == {"a", "b", "P"}  # type: ignore[arg-type]  # as above


_ENTRIES, _GROUPS = "PQRabcdef", "GHI"


@given(
    sold_out=st.sets(st.sampled_from(_ENTRIES)),
    opens=st.dictionaries(st.sampled_from(_ENTRIES), st.text(_GROUPS, max_size=2)),
    minimums=st.tuples(*[st.integers(0, 3)] * 3),
)
def test_an_entry_is_unorderable_exactly_if_it_is_sold_out_or_one_of_its_groups_cannot_be_satisfied(
    sold_out: set[str], opens: dict[str, str], minimums: tuple[int, int, int]
) -> None:
    groups = dict(zip(_GROUPS, zip(minimums, ("abc", "de", "f"), strict=True), strict=True))
    found = unorderable_without(*sold_out, opens=opens, groups=groups)

    def satisfiable(group: str) -> bool:
        minimum, choices = groups[group]
        return sum(choice not in found for choice in choices) >= min(minimum, len(choices))

    for entry in _ENTRIES:
        assert (entry in found) == (entry in sold_out or not all(map(satisfiable, opens.get(entry, ""))))
