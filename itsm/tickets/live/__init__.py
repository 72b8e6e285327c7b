"""A ticket that several people have open: who reads, who types, what is new, and drafts that no device loses."""
