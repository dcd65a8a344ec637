"""A whole network as one Lava Process, with the interface of lava-dl's ``netx.hdf5.Network``."""

import heapq
import math
from os import PathLike
from typing import Any, NamedTuple

from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.sub.model import AbstractSubProcessModel
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from lava_ahp import netx
from lava_ahp.errors import SpecError
from lava_ahp.network import fixedpoint as fx
from lava_ahp.network import graph
from lava_ahp.process.ahp import AHP
from lava_ahp.process.cleanup import without_log_handlers
from lava_ahp.process.layers import select_layers
from lava_ahp.process.synapses import Matrices, make_synapses, silent_synapse


class Block(NamedTuple):
    """A population and its incoming synapses, like a block of lava-dl.

    Attributes:
        name: name of the population.
        neuron: the AHP Process.
        synapses: Lava's connection Processes that target it.
        inp: input port for spikes of another population: ``s_in`` of the first synapses from another population, or
            None if there are none.
        out: output port for its spikes.
        shape: ``(neurons,)``.
    """

    name: str
    neuron: AHP
    synapses: tuple[AbstractProcess, ...]
    inp: InPort | None
    out: OutPort
    shape: tuple[int, ...]

    @property
    def synapse(self) -> AbstractProcess | None:
        """The first of the connection Processes, or None if there are none."""
        return self.synapses[0] if self.synapses else None


class Network(AbstractProcess):
    """A network as a Lava Process: one :class:`AHP` Process per population, and Lava's own Processes for connections.

    It runs with ``Loihi2SimCfg(select_tag="fixed_pt")`` and computes exactly the arithmetic of docs/numerics.md.
    :class:`FloatingNetwork` is the equivalent for ``floating_pt``.

    The arguments are those of lava-dl's ``netx.hdf5.Network``, in the same order.  ``input_message_bits`` and
    ``spike_exp`` only concern graded spikes, which AHP networks do not have: only their default values are allowed.

    Args:
        net_config: a network, or the path of its NetX file.
        num_layers: use only the first ``num_layers`` layers of a chain; None uses all.  Layers are counted as in the
            file, where layer 0 usually is the input.
        skip_layers: of these, leave out the first ``skip_layers``.  The input of this Process is then the output of the
            last layer left out.
        input_message_bits: 0 or None; input spikes are unary.
        input_shape: shape of the input.  The input port is flat, ``(channel,)``; the number of channels must agree.
        reset_interval: number of time steps between resets, 1 or more; None for no reset.  As in NetX, deeper layers
            are reset later: a population that spikes from the input reach in ``k`` time steps is reset at
            ``reset_offset + k``.  Spikes in flight, for example in a recurrent loop, are not cleared;
            :func:`lava_ahp.process.run` clears them as well.
        reset_offset: phase of the reset, in time steps.
        spike_exp: 6.
        sparse_fc_layer: use Lava's Sparse Process for all connections.  Otherwise the faster of Sparse and Dense is
            chosen for each connection.  The result is the same.

    Attributes:
        inp: InPort, input spikes ``(channel,)``.
        out: OutPort, spikes of the output population.
        layers: a :class:`Block` for every population except the input.
        in_layer: the first layer with a connection from the input.
        out_layer: the layer of the output population.
        spec: the network that this Process was built from.

    Raises:
        NetFormatError: the file cannot be read.
        SpecError: an argument that is not allowed for this network.
    """

    # Lava's __del__ reads this attribute, also if __init__ has failed before it was set.
    _runtime: Any = None
    _floating = False

    def __init__(
        self,
        net_config: graph.Network | str | PathLike[str],
        num_layers: int | None = None,
        skip_layers: int | None = 0,
        input_message_bits: int | None = 0,
        input_shape: tuple[int, ...] | None = None,
        reset_interval: int | None = None,
        reset_offset: int = 0,
        spike_exp: int = 6,
        sparse_fc_layer: bool = False,
    ) -> None:
        # All checks come first, so that a failed construction leaves nothing in Lava's registers.
        if input_message_bits:
            raise SpecError(f"input_message_bits: found {input_message_bits}, allowed 0, since spikes are unary")
        if spike_exp != 6:
            raise SpecError(f"spike_exp: found {spike_exp}, allowed 6, since spikes are unary; leave it out")
        if reset_interval is not None and reset_interval < 1:
            raise SpecError(f"reset_interval: found {reset_interval}, allowed 1 or more, or None")
        whole = netx.as_network(net_config)
        layers = 0 if isinstance(net_config, graph.Network) else netx.layer_count(net_config)
        # A network that is not from a chain file counts as if it were written to one.
        before = layers - len(whole.names) if layers else 1
        self.spec = select_layers(whole, num_layers, skip_layers, before=before)
        channels = self.spec.input.size
        if input_shape is not None and math.prod(input_shape) != channels:
            raise SpecError(f"input_shape: found {input_shape}, allowed a shape of {channels} channels in all")
        with without_log_handlers():
            super().__init__()
            self.inp = InPort(shape=(channels,))
            self.out = OutPort(shape=(self.spec[self.spec.output].size,))
            self.layers = self._build(reset_interval, reset_offset, sparse_fc_layer)
        by_name = {layer.name: layer for layer in self.layers}
        first = [c.target for c in self.spec.connections if c.source == self.spec.input.name and c.synapses]
        self.in_layer = by_name[first[0]] if first else self.layers[0]
        self.out_layer = by_name[self.spec.output]
        self.out_layer.out.connect(self.out)

    def _build(self, reset_interval: int | None, reset_offset: int, all_sparse: bool) -> list[Block]:
        depth = _depths(self.spec)
        neurons = {
            p.name: _neuron(p, reset_interval=reset_interval, reset_offset=reset_offset + depth[p.name])
            for p in self.spec
        }
        detached = _detached_from_input(self.spec)
        matrices: Matrices = {}
        blocks = []
        for name, neuron in neurons.items():
            synapses, inp = [], None
            pairs = [
                (c.source, synapse)
                for c in self.spec.incoming(name)
                for synapse in make_synapses(c, matrices, floating=self._floating, sparse=True if all_sparse else None)
            ]
            if name in detached:
                # Lava neither compiles an unconnected input port nor runs Processes that are connected to no others.
                pairs.append((self.spec.input.name, silent_synapse(self.spec.input.size, neuron.s_out.shape[0])))
            for source, synapse in pairs:
                (neurons[source].s_out if source in neurons else self.inp).connect(synapse.s_in)
                synapse.a_out.connect(neuron.a_in)
                synapses.append(synapse)
                if inp is None and source != name:
                    inp = synapse.s_in
            blocks.append(Block(name, neuron, tuple(synapses), inp, neuron.s_out, neuron.s_out.shape))
        return blocks

    @property
    def processes(self) -> list[AbstractProcess]:
        """All Processes of the network: neurons and synapses."""
        return [process for layer in self.layers for process in (layer.neuron, *layer.synapses)]

    def __len__(self) -> int:
        """Number of layers."""
        return len(self.layers)

    def __str__(self) -> str:
        """A table of the layers."""
        rows = [("population", "neurons", "type", "from", "synapses", "processes")]
        for layer in self.layers:
            incoming = [c for c in self.spec.incoming(layer.name) if c.synapses]
            neuron = self.spec[layer.name].neuron
            rows.append(
                (
                    layer.name,
                    str(layer.shape[0]),
                    "AHP" if neuron is not None and neuron.has_ahp else "LIF",
                    ", ".join(c.source for c in incoming) or "-",
                    str(sum(c.synapses for c in incoming)),
                    ", ".join(type(s).__name__ for s in layer.synapses) or "-",
                )
            )
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        return "\n".join("| " + " | ".join(t.ljust(w) for t, w in zip(row, widths, strict=True)) + " |" for row in rows)


class FloatingNetwork(Network):
    """:class:`Network` in floating point, for ``Loihi2SimCfg(select_tag="floating_pt")``.

    It is a separate class because Lava's floating-point connections ignore the weight exponent, so the weights have to
    be multiplied by it.  If the tag does not fit the class, Lava refuses to compile.
    """

    _floating = True


class AbstractNetworkModel(AbstractSubProcessModel):
    """Hands the Processes of the network to Lava's compiler."""

    def __init__(self, proc: Network) -> None:
        for process in proc.processes:
            setattr(self, f"process_{process.id}", process)


@implements(proc=Network, protocol=LoihiProtocol)
@requires(CPU)
@tag("bit_accurate_loihi", "fixed_pt")
class PyNetworkModelFixed(AbstractNetworkModel):
    """The network in the integer arithmetic of the chip."""


@implements(proc=FloatingNetwork, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyNetworkModelFloat(AbstractNetworkModel):
    """The network in floating point."""


def _neuron(population: graph.Population, **options: Any) -> AHP:
    p = population.parameters()
    bias = fx.split_bias(p["bias"])
    assert bias is not None, "Neuron checks its bias"
    return AHP(
        shape=(population.size,),
        du=p["current_decay"],
        dv=p["voltage_decay"],
        da=p["ahp_decay"],
        vth=p["threshold"],
        w_ahp=p["ahp_weight"],
        input_exp=p["input_exponent"],
        bias_mant=bias[0],
        bias_exp=bias[1],
        name=population.name,
        **options,
    )


def _detached_from_input(network: graph.Network) -> set[str]:
    """One population of every connected component of the graph that does not contain the input."""
    neighbours: dict[str, set[str]] = {p.name: set() for p in network.populations}
    for c in network.connections:
        if c.synapses:
            neighbours[c.source].add(c.target)
            neighbours[c.target].add(c.source)
    detached: set[str] = set()
    reached: set[str] = set()
    for start in (network.input.name, *network.names):
        if start not in reached and start != network.input.name:
            detached.add(start)
        left = [start]
        while left:
            name = left.pop()
            if name not in reached:
                reached.add(name)
                left += neighbours[name]
    return detached


def _depths(network: graph.Network) -> dict[str, int]:
    """For each population, the time steps that spikes need from the input; 1 if they never get there."""
    outgoing: dict[str, list[tuple[str, int]]] = {p.name: [] for p in network.populations}
    for c in network.connections:
        if c.synapses:
            outgoing[c.source].append((c.target, c.delay_range[0]))
    depth: dict[str, int] = {}
    left = [(0, network.input.name)]
    # Dijkstra's algorithm: the first time that a population is taken from the heap is the shortest.
    while left:
        steps, name = heapq.heappop(left)
        if name not in depth:
            depth[name] = steps
            for target, delay in outgoing[name]:
                heapq.heappush(left, (steps + delay, target))
    return {population.name: depth.get(population.name, 1) for population in network}
