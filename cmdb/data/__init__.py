"""The classes and relation types that an installation starts with."""
