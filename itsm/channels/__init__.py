"""The ways in: how people and machines reach the service desk other than through its own pages."""
