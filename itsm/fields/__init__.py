"""User-defined fields: what a site wants to know of its records beyond what the program asks.

Vocabulary: a *definition* is one field as an administrator described it; it belongs to one *kind* of record and, where that
is limited, to some of the kind's *scopes* (for tickets: categories, with everything below them). *Values* live in the JSON
column `custom` of the record, each under the definition's key; what can be searched or must be unique stands in the narrow
table `field_value` as well, written by the same service. A *draft* is a form as it stands while it is filled in: the facts
and values typed so far, which conditions ask about.

A definition that is switched off keeps its values; they are no longer asked for, shown or found.
"""
