"""Runs a network of LIF neurons in Lava: on Loihi 2, or in Lava's simulation of it.

A bundle holds this folder.  It needs lava-nc, h5py and numpy, for the chip lava-loihi too, and nothing else: no module
imports the package that it came with.

    plan      the network as the arguments of Lava's Processes, and its file
    samples   input spikes and expected outputs, and their files
    device    what differs between simulation and chip
    vendor    everything that is imported from lava-loihi
    build     the Processes, and what they recorded
    lags      steps that adapters add on the way in and out, measured before every run
    compare   the first value that differs from what was expected
    probes    time and power
    main      the command
"""
