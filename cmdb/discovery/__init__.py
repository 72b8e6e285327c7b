"""Discovery: find devices on the network by SNMP and read what they say about themselves and their neighbours.

A *target* is an address, a range or a network that an administrator allowed. A *sweep* asks every address whether it
speaks SNMP; *collecting* reads the system, interfaces and neighbours of those that do. The results are *facts*: frozen
values without any judgement on which configuration item they belong to; so far no database is needed. *Recording*
then finds the configuration item of each device and writes what changed, and *topology* turns what devices heard from
one another into relations. Nothing here writes to a device, and no address is contacted that the *guard* does not
allow.
"""
