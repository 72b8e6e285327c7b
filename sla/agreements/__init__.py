"""Agreements with customers, groups and suppliers: their terms, versions, choice and pages."""
