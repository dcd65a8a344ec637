"""Other people's files as networks: ``lsnn`` reads the weights of Intel's Loihi-1 network."""
