"""Networks from other people's files.  ``lsnn`` reads the weights of Intel's Loihi-1 network."""
