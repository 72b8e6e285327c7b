"""Assets: things of financial value, from the wish to own one to its disposal.

Vocabulary: a *tag* is the label on the thing; the *owner* is the person who has it; a *state* of the life cycle says
where it stands; an asset that is also operated is tied to its configuration item (CI). `assets.inventory` is the audit
of computers and devices by agents.
"""
