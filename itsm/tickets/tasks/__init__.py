"""Tasks of a ticket, alone or in checklists, and the templates that make them."""
