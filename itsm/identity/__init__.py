"""People, organisations, sites, groups with support levels, roles and rights, login and API tokens.

A *person* may exist without a login (a caller known by name and phone). A *group* works tickets at a support level 1, 2
or 3 and has a manager. A *role* of the contract holds permissions that the modules declare.
"""
