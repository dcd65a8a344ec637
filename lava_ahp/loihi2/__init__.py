"""AHP networks on Loihi 2 with the neurons and synapses that everyone has there: LIF, Dense and DelayDense."""
