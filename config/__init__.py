"""Settings and the data a fresh system starts from: life cycles, the priority matrix, seed records."""
