"""The report builder: questions that people put together themselves, over the data sets that modules register.

Vocabulary: a *cube* is a data set (`itsm.kernel.datasets.Cube`); a *measure* is a figure about a group of its records; a
*dimension* divides the records into groups; a *question* is what is asked; an *answer* is its figures for one reader. A
*drill-down* is the filter text that lists the records behind a figure. A *subscription* mails a report on a schedule.
"""
