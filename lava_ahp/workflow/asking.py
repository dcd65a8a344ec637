"""Ask a network a question about a story."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from lava_ahp import backends
from lava_ahp.encoders import StoryCode
from lava_ahp.errors import DataError
from lava_ahp.files.parsing import read_text
from lava_ahp.network import Network, mean_voltages
from lava_ahp.tasks import Described, Task
from lava_ahp.tasks.babi import numbering
from lava_ahp.tasks.babi.told import MAX_BYTES, told
from lava_ahp.workflow.answer import Answer, Candidate, code_of
from lava_ahp.workflow.calls import as_typed
from lava_ahp.workflow.encoding import encode
from lava_ahp.workflow.evaluation import run_batch, task_for
from lava_ahp.workflow.runs import Run, open_network


def ask(
    network: Network | Run | str | os.PathLike[str],
    story: str | os.PathLike[str] | Iterable[str],
    question: str,
    *,
    backend: str = "fast",
    command: str | None = None,
) -> Answer:
    """Ask a network a question about a story.

    The network's own vocabulary, slots and answers are used, so no data are needed.

    Args:
        network: a network, the path of its file, or the run or run folder that holds one.
        story: the story, one sentence per line, with or without the IDs of a bAbI file; or a ``Path`` of a file with
            it; or a list of sentences.
        question: the question.
        backend: a name of :data:`lava_ahp.backends.BACKENDS`.
        command: for the page; by default this call.

    Returns:
        The answer; it prints a summary, and ``save(html_path=...)`` writes a page.

    Raises:
        DataError: a network that reads no stories, an unknown word, or a story or question that does not fit it.
        BackendUnavailable: the backend is not installed.

    Example:
        >>> lava_ahp.ask("runs/qa", ["Anna ran to the attic."], "Where is Anna?").answer  # doctest: +SKIP
    """
    backends.get(backend)
    net = open_network(network)
    code = code_of(net)
    asked = told(read_text(story, MAX_BYTES) if isinstance(story, os.PathLike) else story, question, code)
    batch = encode(task_for(net, task=_task(net, code, numbering.signals([asked], code))))
    read = range(code.sentences - len(asked.sentences), code.sentences)
    rasters = [name for name in (*(f"sentence{k}" for k in read), "question") if name in net.names]
    found = run_batch(net, batch, backend, readout_steps=None, rasters=rasters)
    voltages = mean_voltages(found.trace.readout[:, -batch.task.readout_steps :])[0]
    shares = softmax(voltages)
    # Of equal voltages, the lowest class wins, as in classify().
    order = np.argsort(-voltages, kind="stable")
    return Answer(
        network=net,
        name=_name(network),
        story=asked.sentences,
        question=asked.words,
        candidates=tuple(Candidate(batch.task.class_names[k], float(voltages[k]), float(shares[k])) for k in order),
        readout_steps=batch.task.readout_steps,
        backend=backend,
        trace=found.trace,
        command=command or as_typed("ask", network, story, question, backend=backend),
    )


def _name(network: Network | Run | str | os.PathLike[str]) -> str:
    """What the answer calls a network."""
    if isinstance(network, Network):
        return "network"
    return Path(network.folder if isinstance(network, Run) else network).name


def _task(network: Network, code: StoryCode, signals: npt.NDArray[np.int16]) -> Task:
    """The task of a network with one question as its test split, whose label is not known."""
    described = Described.read(network.task)
    if described.class_names is None or described.readout_steps is None:
        missing = "class_names" if described.class_names is None else "window"
        raise DataError(f"network task {missing}: missing; export the network again")
    return Task(
        name=str(network.task.get("name")),
        signals={"test": signals},
        labels={"test": np.zeros(1, dtype=np.int64)},
        encoder=code,
        readout_steps=described.readout_steps,
        class_names=described.class_names,
    )
