"""What cannot be ordered because what it needs cannot."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from menus.stock.deal_availability import Question, unorderable

_SPACE = UUID(int=7)


def id_of(name: str) -> UUID:
    return uuid5(_SPACE, name)


def gone(*names: str, opens: dict[str, str], questions: dict[str, tuple[int, str]]) -> set[str]:
    """Names of one letter; `opens` by entry, `questions` by group: how many at least, and which choices."""
    found = unorderable(
        gone=[id_of(name) for name in names],
        opens={id_of(entry): [id_of(group) for group in groups] for entry, groups in opens.items()},
        questions={
            id_of(group): Question(least, [id_of(one) for one in ones]) for group, (least, ones) in questions.items()
        },
    )
    everything = {*names, *opens, *(one for _, ones in questions.values() for one in ones)}
    return {name for name in everything if id_of(name) in found}


def test_a_required_group_with_nothing_left_takes_its_products_along() -> None:
    menu = {"opens": {"P": "G", "Q": "G", "R": "H"}, "questions": {"G": (1, "ab"), "H": (0, "a")}}

    assert gone("a", **menu) == {"a"}  # type: ignore[arg-type]  # the words of the helper
    assert gone("a", "b", **menu) == {"a", "b", "P", "Q"}  # type: ignore[arg-type]  # likewise


def test_it_needs_as_many_as_its_minimum_or_all_that_it_has() -> None:
    assert gone("a", opens={"P": "G"}, questions={"G": (2, "abc")}) == {"a"}
    assert gone("a", "b", opens={"P": "G"}, questions={"G": (2, "abc")}) == {"a", "b", "P"}
    assert gone(opens={"P": "G"}, questions={"G": (3, "a")}) == set()
    assert gone("a", opens={"P": "G"}, questions={"G": (3, "a")}) == {"a", "P"}


def test_a_required_group_without_choices_cannot_be_answered() -> None:
    assert gone(opens={"P": "G", "Q": "H"}, questions={"G": (1, ""), "H": (0, "")}) == {"P"}


def test_it_goes_on_to_any_depth_and_round_in_circles() -> None:
    deep = {"opens": {"P": "G", "a": "H", "b": "I"}, "questions": {"G": (1, "a"), "H": (1, "b"), "I": (1, "c")}}
    assert gone("c", **deep) == {"a", "b", "c", "P"}  # type: ignore[arg-type]  # the words of the helper

    round_about = {"opens": {"P": "G", "a": "H", "b": "G"}, "questions": {"G": (1, "a"), "H": (1, "b")}}
    assert gone(**round_about) == set()  # type: ignore[arg-type]  # the words of the helper
    assert gone("b", **round_about) == {"a", "b", "P"}  # type: ignore[arg-type]  # likewise


_ENTRIES, _GROUPS = "PQRabcdef", "GHI"


@given(
    sold_out=st.sets(st.sampled_from(_ENTRIES)),
    opens=st.dictionaries(st.sampled_from(_ENTRIES), st.text(_GROUPS, max_size=2)),
    minimums=st.tuples(*[st.integers(0, 3)] * 3),
)
def test_what_is_left_can_be_answered_and_nothing_is_taken_off_without_a_reason(
    sold_out: set[str], opens: dict[str, str], minimums: tuple[int, int, int]
) -> None:
    questions = dict(zip(_GROUPS, zip(minimums, ("abc", "de", "f"), strict=True), strict=True))
    found = gone(*sold_out, opens=opens, questions=questions)

    def answerable(group: str) -> bool:
        least, choices = questions[group]
        return sum(choice not in found for choice in choices) >= min(least, len(choices))

    for entry in _ENTRIES:
        assert (entry in found) == (entry in sold_out or not all(map(answerable, opens.get(entry, ""))))
