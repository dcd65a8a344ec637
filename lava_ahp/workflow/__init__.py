"""The steps between data and chip, each a function that the command line calls: train, export, evaluate, deploy."""
