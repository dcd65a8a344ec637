"""A whole network as one Lava Process, with the face of lava-dl's ``netx.hdf5.Network``."""

from os import PathLike
from typing import Any, NamedTuple

from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.sub.model import AbstractSubProcessModel
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from lava_ahp.errors import SpecError
from lava_ahp.network import fixedpoint as fx
from lava_ahp.network import graph
from lava_ahp.process.ahp import AHP
from lava_ahp.process.surroundings import without_log_handlers
from lava_ahp.process.synapses import make_synapses, silent_synapse


class Block(NamedTuple):
    """A population and the synapses onto it, as lava-dl's blocks hold them.

    Attributes:
        name: name of the population.
        neuron: the AHP process.
        synapses: Lava's connection processes onto it.
        inp: port for spikes of the layer below: ``s_in`` of the first synapses that come from another population, None
            where there are none.
        out: port of its spikes.
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
        """The first of the synapse processes, None where there are none."""
        return self.synapses[0] if self.synapses else None


class Network(AbstractProcess):
    """The Lava Process of a network: one :class:`AHP` process per population, Lava's own processes for connections.

    It runs with ``Loihi2SimCfg(select_tag="fixed_pt")``, bit for bit as docs/numerics.md says.
    :class:`FloatingNetwork` is the same for ``floating_pt``.

    Args:
        net_config: a network, or the path of its NetX file.
        reset_interval: steps from reset to reset, None for no reset.  As in NetX, a population resets later the deeper
            it lies: at ``reset_offset + k`` for one that spikes can reach in ``k`` steps from the input.  What is in
            flight at that moment, in a recurrent loop above all, is not cleared; :func:`lava_ahp.process.run` clears
            that as well.
        reset_offset: phase of the reset.

    Attributes:
        inp: InPort, input spikes ``(channel,)``.
        out: OutPort, spikes of the output population.
        layers: a :class:`Block` for every population but the input.
        in_layer: the first of them that the input reaches directly.
        out_layer: that of the output population.
        spec: the network that this process was built from.

    Raises:
        NetFormatError: a file that cannot be read.
        SpecError: a network that the arithmetic does not allow.
    """

    _floating = False

    def __init__(
        self,
        net_config: graph.Network | str | PathLike[str],
        reset_interval: int | None = None,
        reset_offset: int = 0,
    ) -> None:
        with without_log_handlers():
            super().__init__()
            self.spec = net_config if isinstance(net_config, graph.Network) else _read(net_config)
            self.inp = InPort(shape=(self.spec.input.size,))
            self.out = OutPort(shape=(self.spec[self.spec.output].size,))
            self.layers = self._build(reset_interval, reset_offset)
        by_name = {layer.name: layer for layer in self.layers}
        first = [c.target for c in self.spec.connections if c.source == self.spec.input.name and c.synapses]
        self.in_layer = by_name[first[0]] if first else self.layers[0]
        self.out_layer = by_name[self.spec.output]
        self.out_layer.out.connect(self.out)

    def _build(self, reset_interval: int | None, reset_offset: int) -> list[Block]:
        depth = _depths(self.spec)
        neurons = {
            p.name: _neuron(p, reset_interval=reset_interval, reset_offset=reset_offset + depth[p.name])
            for p in self.spec
        }
        apart = _apart_from_input(self.spec)
        blocks = []
        for name, neuron in neurons.items():
            synapses, inp = [], None
            pairs = [(c.source, s) for c in self.spec.incoming(name) for s in make_synapses(c, floating=self._floating)]
            if name in apart:
                # Lava neither compiles an input port that leads nowhere nor runs what hangs together with nothing.
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
        """Every process inside: neurons and synapses."""
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
    """The same in real numbers, for ``Loihi2SimCfg(select_tag="floating_pt")``.

    It is a class of its own because Lava's floating-point connections ignore their exponent, which has to be multiplied
    into the weights here; with the wrong tag, Lava refuses to compile either.
    """

    _floating = True


class AbstractNetworkModel(AbstractSubProcessModel):
    """Stands for the processes that the network has made."""

    def __init__(self, proc: Network) -> None:
        for process in proc.processes:
            setattr(self, f"process_{process.id}", process)


@implements(proc=Network, protocol=LoihiProtocol)
@requires(CPU)
@tag("bit_accurate_loihi", "fixed_pt")
class PyNetworkModelFixed(AbstractNetworkModel):
    """Processes with the chip's integers."""


@implements(proc=FloatingNetwork, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyNetworkModelFloat(AbstractNetworkModel):
    """Processes with real numbers."""


def _read(path: str | PathLike[str]) -> graph.Network:
    from lava_ahp import netx

    return netx.read(path)


def _neuron(population: graph.Population, **options: Any) -> AHP:
    p = population.parameters()
    bias = fx.split_bias(p["bias"])
    if bias is None:
        raise SpecError(f"population {population.name}: its bias is no 13-bit mantissa shifted left by 0..7")
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


def _apart_from_input(network: graph.Network) -> set[str]:
    """One population of each part of the graph that no synapses tie to the input."""
    apart: set[str] = set()
    tied = {network.input.name}
    for population in network:
        for _ in network.populations:
            for c in network.connections:
                if c.synapses and tied & {c.source, c.target}:
                    tied |= {c.source, c.target}
        if population.name not in tied:
            apart.add(population.name)
            tied.add(population.name)
    return apart


def _depths(network: graph.Network) -> dict[str, int]:
    """Steps in which a spike of the input can first reach each population; 1 where it never does."""
    depth = {network.input.name: 0}
    # As many rounds as populations are enough: no shortest path visits one twice.
    for _ in network.populations:
        for c in network.connections:
            if c.source in depth and c.synapses:
                reached = depth[c.source] + int(c.delays.min())
                depth[c.target] = min(depth.get(c.target, reached), reached)
    return {population.name: depth.get(population.name, 1) for population in network}
