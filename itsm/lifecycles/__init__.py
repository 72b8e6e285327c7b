"""The editor of life cycles: administrators change states and steps of each kind of ticket, checked before they are taken.

Vocabulary: a *definition* is a life cycle as JSON; a *version* is a definition that was in force (`itsm.kernel.lifecycles`);
tickets *settle* when they follow an edit into a state that is left for them.
"""
