"""Priority from impact and urgency."""

from collections.abc import Mapping, Sequence

from config.priorities import MATRIX, PRIORITIES
from itsm.kernel.text import _

Matrix = Mapping[int, Sequence[int]]
TITLES = {key: _(title) for key, title in PRIORITIES.items()}


def priority_of(impact: int, urgency: int, *, matrix: Matrix = MATRIX) -> int:
    """The priority 1 (critical) … 5 (planned) for impact and urgency, each 1–4. Rule: P1."""
    return matrix[impact][urgency - 1]


def check_matrix(matrix: Matrix) -> list[str]:
    """What is wrong with a matrix: it must be total, in range and monotone both ways; empty when it is right. Rule: P2."""
    if sorted(matrix) != [1, 2, 3, 4] or any(len(row) != 4 for row in matrix.values()):
        return ["the matrix needs four rows of four priorities"]
    faults = [f"priority {cell} is not 1 to 5" for row in matrix.values() for cell in row if not 1 <= cell <= 5]
    for impact in range(1, 5):
        for urgency in range(1, 5):
            here = priority_of(impact, urgency, matrix=matrix)
            if urgency < 4 and priority_of(impact, urgency + 1, matrix=matrix) < here:
                faults.append(f"impact {impact}: urgency {urgency + 1} ranks above {urgency}")
            if impact < 4 and priority_of(impact + 1, urgency, matrix=matrix) < here:
                faults.append(f"urgency {urgency}: impact {impact + 1} ranks above {impact}")
    return faults


if FAULTS := check_matrix(MATRIX):
    raise ValueError(f"the matrix of priorities is wrong: {'; '.join(FAULTS)}")
