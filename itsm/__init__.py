"""The platform on which the processes stand: kernel, identity, tickets, web shell and the ways in and out."""
