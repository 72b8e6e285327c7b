"""What earlier tickets propose for a new one: a pure vote, whose result can be told in one sentence. Rule: I10."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from itsm.search.text import WORD, normalised

FIELDS = ("category_id", "impact", "urgency", "group_id", "ci_id")
LEAST_LIKENESS = 0.4
LEAST_SHARE = 0.5  # of the weight of all votes: below, the cases disagree and nothing is proposed
SURE_SHARE = 0.75
SURE_VOTES = 4
LONGEST_QUESTION = 8  # words
STEM = 6  # letters by which words are compared, so that “printer” and “printers” are alike


@dataclass(frozen=True)
class Case:
    """An earlier ticket that votes: with which weight, why it was looked at (`similar`, `caller` or `ci`), its facts.

    `facts` maps a field to the values that the ticket had; most fields have one.
    """

    source: str
    weight: float
    facts: Mapping[str, Collection[int]]


@dataclass(frozen=True)
class Proposal:
    """What `votes` of `cases` earlier tickets had in a field (an id or a rank); `sure` when it may be taken without asking."""

    field: str
    value: int
    votes: int
    cases: int
    source: str
    sure: bool


def telling_words(title: str) -> list[str]:
    """The words of a title that say something: four letters or more, or short ones that are written large or with digits."""
    words = [word for word in WORD.findall(title) if len(word) > 3 or _is_name(word)]
    chosen = words or [word for word in WORD.findall(title) if len(word) == 3]
    return list(dict.fromkeys(normalised(word) for word in chosen))[:LONGEST_QUESTION]


def _is_name(word: str) -> bool:
    return len(word) > 1 and (word.isupper() or not word.isalpha())


def likeness(words: Sequence[str], title: str) -> float:
    """Which share of the words another title holds, from 0 to 1."""
    other = {word[:STEM] for word in WORD.findall(normalised(title))}
    return sum(word[:STEM] in other for word in words) / len(words) if words else 0.0


def propose(cases: Sequence[Case]) -> dict[str, Proposal]:
    """Field → what most of the earlier tickets had in it, for fields in which they agree enough."""
    found = (_proposal(field, [case for case in cases if case.facts.get(field)]) for field in FIELDS)
    return {proposal.field: proposal for proposal in found if proposal is not None}


def _proposal(field: str, cases: Sequence[Case]) -> Proposal | None:
    weights: dict[int, float] = {}
    for case in cases:
        for value in case.facts[field]:
            weights[value] = weights.get(value, 0.0) + case.weight
    if not weights:
        return None
    value = max(weights, key=lambda each: (weights[each], -each))
    share = weights[value] / sum(case.weight for case in cases)
    if share < LEAST_SHARE:
        return None
    voters = [case for case in cases if value in case.facts[field]]
    source = _main_source(voters)
    return Proposal(
        field,
        value,
        votes=_count(voters, source),
        cases=_count(cases, source),
        source=source,
        sure=share >= SURE_SHARE and len(voters) >= SURE_VOTES,
    )


def _main_source(voters: Iterable[Case]) -> str:
    weights: dict[str, float] = {}
    for case in voters:
        weights[case.source] = weights.get(case.source, 0.0) + case.weight
    return max(weights, key=lambda each: weights[each])


def _count(cases: Iterable[Case], source: str) -> int:
    return sum(case.source == source for case in cases)
