"""The proof: what the program survives, as a table that anyone can print. `make proof`."""
