"""Turn a network with AHP neurons into one of the neurons and synapses that Loihi 2 has in stock."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lava_ahp import backends, files, netx
from lava_ahp.errors import DataError, DataWarning, SpecError
from lava_ahp.loihi2.headroom import ROOM, current_share
from lava_ahp.loihi2.pairing import Paired, pair
from lava_ahp.network import Events, Golden, Network, fingerprints
from lava_ahp.network.fixedpoint import CONNECTION_EXPONENT_MAX
from lava_ahp.report.progress import Reporter, reporter
from lava_ahp.workflow import finetuning
from lava_ahp.workflow.calls import as_typed
from lava_ahp.workflow.exporting import GOLDEN_SAMPLES, export
from lava_ahp.workflow.indices import Indices
from lava_ahp.workflow.lowering_result import Lowering
from lava_ahp.workflow.runs import Run, file_of, open_network
from lava_ahp.workflow.stimulus import Stimulus, stimulus
from lava_ahp.workflow.versions import versions

#: What a network can be lowered to.
TARGETS = ("loihi2-stock",)

#: LIF Processes of a population, unless the caller says otherwise.
DEFAULT_GROUPS = 16

#: Values of ``u`` that are held at a time.
_BLOCK = 2**24


def lower(
    network: Network | Run | str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    target: str = TARGETS[0],
    task: str | None = None,
    data: str | os.PathLike[str] | None = None,
    samples: int | None = None,
    indices: Indices | None = None,
    lag: int | None = None,
    scale: int | None = None,
    groups: int = DEFAULT_GROUPS,
    finetune: int | None = None,
    command: str | None = None,
    progress: bool | Reporter = False,
) -> Lowering:
    """Turn a network with AHP neurons into one of LIF neurons, whose synapses come in pairs, and write it.

    Samples of the task decide how far weights can be scaled before ``u`` wraps, and show what the change costs in
    accuracy.  Without data, golden samples inside the file take their place, and the accuracy is not known.

    Args:
        network: a network, the path of its file, or the run or run folder that holds one.
        out: file to write, with golden samples that the simulator ``fast`` computes; None writes nothing.
        target: ``loihi2-stock``.
        task: task of the samples; by default the one that the network was trained for.
        data: directory or file of the task's data.
        samples: the first so many of the test split; by default 200.
        indices: these positions in the test split instead, or a file of them.
        lag: steps for which an input acts, 1 or more; None follows from the decay of the network's current.
        scale: weights and thresholds of AHP neurons count ``2**scale`` times; None for the largest scale at which
            ``u`` keeps a quarter of its range free.
        groups: most LIF Processes of a population, 1 or more.
        finetune: train the result for so many epochs, 1 or more, in a run folder named as ``out`` without its suffix.
            ``network`` must be a run or its folder, and ``out`` be given.
        command: for the manifest of the fine-tuning; by default this call.
        progress: True shows progress on stderr.

    Raises:
        SpecError: a network that LIF neurons cannot hold, or that leaves ``u`` too little room at any scale.
        DataError: neither data nor golden samples, or data that do not fit the network.
        NetFormatError: the file cannot be written.

    Example:
        >>> lava_ahp.lower("digits.net", "digits_lif.net")  # doctest: +SKIP
    """
    if target not in TARGETS:
        raise SpecError(f"target: found {target!r}, allowed {', '.join(TARGETS)}")
    for name, value, least in (("lag", lag, 1), ("scale", scale, 0), ("groups", groups, 1), ("finetune", finetune, 1)):
        if value is not None and value < least:
            raise SpecError(f"{name}: found {value}, allowed {least} or more")
    trained = None if finetune is None else _trained(network, out)
    command = command or as_typed("lower", network, out, data=data, lag=lag, scale=scale, groups=groups,
                                  finetune=finetune)  # fmt: skip
    source, path = open_network(network), file_of(network)
    golden = None if path is None else netx.read_golden(path, source)
    files.check_outputs({"out": out}, [path, data])
    found = stimulus(source, golden, task=task, data=data, samples=samples, indices=indices)
    say = reporter(progress).say
    if scale is None:
        chosen, paired, share = _largest_scale(source, found.events, lag, groups, say)
    else:
        chosen, paired = scale, pair(source, scale=scale, lag=lag, groups=groups)
        share = _share(paired, found.events)
    if share > ROOM:
        warnings.warn(
            f"u reaches {100 * share:.0f} % of 2^23, allowed {100 * ROOM:.0f} %; use a smaller scale",
            DataWarning,
            stacklevel=2,
        )
    say(f"lower: the network before and after on {found.text}")
    before, after = (_measure(net, found) for net in (source, paired.network))
    known = found.task is not None and found.labels is not None and found.target.score == "accuracy"
    result = Lowering(
        network=paired.network,
        target=target,
        scale=chosen,
        paired=paired,
        share=share,
        samples=found.text,
        accuracy=(before[0], after[0]) if known else None,
        synops=(before[1], after[1]),
    )
    if trained is not None:
        assert out is not None
        assert finetune is not None
        return _finetuned(result, trained, Path(out), found, groups, finetune, data, command, progress)
    result = replace(result, network=_with_provenance(result, source, path))
    if out is not None:
        netx.write(result.network, out, golden=_golden(result.network, golden, found))
    return result


def _trained(network: Any, out: Any) -> Run:
    """The run to fine-tune."""
    if out is None:
        raise DataError("finetune: found no out, allowed a file, beside which the run is kept")
    if not Path(out).suffix:
        raise DataError(f"finetune: found the file {out}, allowed one with a suffix, without which it names the run")
    path = file_of(network)
    # The command line gives the file of a run folder for the folder.
    if path is None or path != Run(path.parent).network:
        raise DataError("finetune: found a network file, allowed a run or its folder, which has the weights to train")
    run = Run.at(network) if isinstance(network, Run) else Run(path.parent)
    finetuning.check(run)
    return run


def _finetuned(
    lowered: Lowering,
    source: Run,
    out: Path,
    found: Stimulus,
    groups: int,
    epochs: int,
    data: Any,
    command: str,
    progress: bool | Reporter,
) -> Lowering:
    """The lowered network after training, written with what its training computed for the golden samples."""
    run = finetuning.finetune(
        source, out.with_suffix(""), lowered.paired, scale=lowered.scale, groups=groups, epochs=epochs, data=data,
        command=command, progress=progress,
    )  # fmt: skip
    network = export(run, out, data=data, command=command)
    paired = lowered.paired._replace(network=network)
    accuracy, synops = _measure(network, found)
    return replace(
        lowered,
        network=network,
        paired=paired,
        share=_share(paired, found.events),
        accuracy=None if lowered.accuracy is None else (lowered.accuracy[0], accuracy),
        synops=(lowered.synops[0], synops),
        untrained=None if lowered.accuracy is None else lowered.accuracy[1],
        run=run,
    )


def _largest_scale(
    source: Network, events: Events, lag: int | None, groups: int, say: Callable[[str], None]
) -> tuple[int, Paired, float]:
    """The largest scale that LIF neurons can hold and that leaves ``u`` room, what it gives, and the share of ``u``."""
    found: tuple[int, Paired, float] | None = None
    refused: SpecError | None = None
    for scale in range(CONNECTION_EXPONENT_MAX + 1):
        say(f"lower: u at scale 2^{scale}")
        try:
            paired = pair(source, scale=scale, lag=lag, groups=groups)
        except SpecError as error:
            # An input_exponent below 0 needs a scale above 0.
            refused = refused or error
            if found is None:
                continue
            break
        share = _share(paired, events)
        if share > ROOM:
            refused = refused or SpecError(
                f"u reaches {100 * share:.0f} % of 2^23 at scale {scale}, allowed {100 * ROOM:.0f} %; "
                "use a smaller lag, or train with less AHP charge"
            )
            break
        found = scale, paired, share
        if not paired.lag:
            # Nothing is scaled.
            break
    if found is None:
        assert refused is not None
        raise refused
    return found


def _share(paired: Paired, events: Events) -> float:
    """The largest share of 2**23 that ``u`` takes of any population with pairs of synapses."""
    network, names = paired.network, tuple(paired.lag)
    if not names:
        return 0.0
    run = backends.get("fast")
    neurons = sum(network[name].size for name in names)
    size = max(1, _BLOCK // (neurons * int(events.steps.max())))
    share = 0.0
    for first in range(0, len(events), size):
        part = events.select(np.arange(first, min(first + size, len(events))))
        states = run(network, part, readout_steps=1, states=names).states
        for name in names:
            decay = network[name].parameters()["current_decay"]
            share = max(share, current_share(states[name]["u"], decay))
    return share


def _measure(network: Network, found: Stimulus) -> tuple[float, float]:
    """Share of right answers, 0 without labels, and synaptic operations per sample."""
    trace = backends.get("fast")(network, found.events, readout_steps=found.readout_steps)
    scores = found.scores([found.target.answers(trace.readout, trace.steps)])
    assert trace.activity is not None, "the simulator counts activity"
    right = None if scores is None else scores.accuracy
    return right or 0.0, float(sum(synops.mean() for synops in trace.activity.synops))


def _with_provenance(result: Lowering, source: Network, path: Path | None) -> Network:
    digest = hashlib.sha256()
    for name, hashes in fingerprints(source).items():
        digest.update(name.encode() + hashes.astype("<i8").tobytes())
    origin: dict[str, Any] = {"fingerprint": digest.hexdigest(), "provenance": dict(source.provenance)}
    if path is not None:
        origin |= {"file": path.name, "sha256": files.sha256(path)}
    lowered = {**result.settings(), "golden": "computed by the simulator fast"}
    return replace(result.network, provenance={"lowered": lowered, "lowered_from": origin, "versions": versions()})


def _golden(network: Network, golden: Golden | None, found: Stimulus) -> Golden:
    """What ``fast`` computes for the source's golden samples, or for the first ones of the task."""
    if golden is not None:
        events, labels = golden.events, golden.labels
    else:
        first = np.arange(min(GOLDEN_SAMPLES, len(found.events)))
        events, labels = found.events.select(first), None if found.marks is None else found.marks[first]
    trace = backends.get("fast")(network, events, rasters=network.names, states=network.names)
    record = Golden(events, trace, labels=labels, fingerprints=fingerprints(network), task=network.task)
    return record.summed()
