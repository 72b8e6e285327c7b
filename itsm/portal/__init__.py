"""The end user's pages: ask for help, follow what was asked, answer, confirm the solution. Plain words, works on a phone.

Nothing of the inside of a ticket is shown here, whoever looks: no internal notes, no work log, no assignment.
"""
