"""Priority from impact and urgency."""

from config.priorities import MATRIX
from itsm.tickets.priority import check_matrix, priority_of


def test_the_matrix_is_the_one_agreed() -> None:
    rows = [[priority_of(impact, urgency) for urgency in range(1, 5)] for impact in range(1, 5)]
    assert rows == [[1, 1, 2, 3], [1, 2, 3, 3], [2, 3, 3, 4], [3, 3, 4, 5]]


def test_the_matrix_is_total_and_monotone() -> None:
    assert check_matrix(MATRIX) == []


def test_faults_of_a_matrix_are_named() -> None:
    assert check_matrix({1: (1, 1, 1, 1)})
    assert any("ranks above" in fault for fault in check_matrix({**MATRIX, 2: (3, 2, 3, 3)}))
    assert any("not 1 to 5" in fault for fault in check_matrix({**MATRIX, 4: (3, 3, 4, 6)}))
