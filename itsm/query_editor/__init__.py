"""Writing queries: completion, faults with their place, a sentence that says what is asked, and a form that builds them."""
