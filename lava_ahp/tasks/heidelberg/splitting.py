"""Which training samples are for validation: those of some speakers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError
from lava_ahp.tasks.sources.events import Counted

#: One speaker in six is held out, and without speakers one sample in eight.
SPEAKERS, SAMPLES = 6, 8


def validation(found: Counted, speakers: Sequence[int], where: str) -> tuple[npt.NDArray[np.bool_], tuple[str, ...]]:
    """Samples for validation, and what a user should know of them.

    Args:
        found: the training file.
        speakers: the speakers to hold out; none for the highest numbers.
        where: name of the file, for messages.

    Returns:
        ``bool (sample,)``, and a line for the user.

    Raises:
        DataError: speakers that the file does not have, or none that would be left for training.
    """
    if found.speakers is None:
        if speakers:
            raise DataError(f"{where}: holds no extra/speaker, which task.validation_speakers needs")
        # Spread evenly, whatever the order of the samples.
        held = np.arange(len(found.labels)) % SAMPLES == SAMPLES - 1
        return held, (f"{where} names no speakers: every {SAMPLES}th sample is for validation, maybe of known voices",)
    known = np.unique(found.speakers)
    chosen = np.unique(speakers) if speakers else known[len(known) - max(1, len(known) // SPEAKERS) :]
    missing = np.setdiff1d(chosen, known)
    if missing.size or len(chosen) >= len(known):
        raise DataError(
            f"{where} validation_speakers: found {chosen.tolist()}, allowed some but not all of {known.tolist()}"
        )
    held = np.isin(found.speakers, chosen)
    names = ", ".join(map(str, chosen.tolist()))
    return held, (f"validation: the {held.sum()} samples of speakers {names}, who are not heard in training",)
