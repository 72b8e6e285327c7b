"""Service level management: business calendars, agreements with their targets, and the clocks measured against them.

Vocabulary: a *business calendar* says which seconds of one time zone are open; a *target* is the number of open seconds
a *metric* (response, acceptance, update, resolution) may take; a *clock* measures one metric of one ticket; it runs,
is paused, and ends *met* or *breached*; its *due instant* is where the target would be used up; a *generation* is
one run of a clock from a start or a reset. An *SLA* is agreed with a customer, an *OLA* between own groups, a *UC*
(underpinning contract) with a supplier.
"""
