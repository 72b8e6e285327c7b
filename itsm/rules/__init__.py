"""Rules and macros: what the desk does by itself, and several hand movements in one.

A *rule* says when (a *trigger*), if (a *condition* in the filter language) and then (*actions*, as data). A *firing* is one
run of a rule on one ticket, with its reason. The *laboratory* runs a rule in shadow over the past. A *macro* is a list of
actions that a person runs by hand.
"""
