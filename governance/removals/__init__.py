"""The removal ledger: what was asked to be taken out, and since which version it is."""
