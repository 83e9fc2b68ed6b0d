"""What happens inside a network: traces, gradient checks, the search for eta, plots, and the doctor."""
