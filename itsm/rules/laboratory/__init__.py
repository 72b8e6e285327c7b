"""The laboratory: what a rule would have done to the tickets of the past, without touching them."""

from itsm.rules.laboratory.asking import AT_ONCE, ask, get_task
from itsm.rules.laboratory.shadow import MOST_DAYS, TASK, Shadow, Trial, run_task, try_rule

__all__ = ["AT_ONCE", "MOST_DAYS", "TASK", "Shadow", "Trial", "ask", "get_task", "run_task", "try_rule"]
