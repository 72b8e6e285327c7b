"""Discovery: find devices on the network by SNMP and read what they say about themselves and their neighbours.

A *target* is an address, a range or a network that an administrator allowed. A *sweep* asks every address whether it
speaks SNMP; *collecting* reads the system, interfaces and neighbours of those that do. The results are *facts*: frozen
values without any judgement on which configuration item they belong to. Nothing in this package writes to a device
or a database, and nothing here contacts an address that the *guard* does not allow.
"""
