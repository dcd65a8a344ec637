"""Small files of the form of the Spiking Heidelberg Digits."""

import h5py
import numpy as np

WORDS = ("eins", "zwei", "drei")


def sample(word, rng):
    """Times in seconds and units of one word: a ridge that rises, falls or stays, with noise."""
    length = rng.uniform(0.25, 0.35)
    t = np.sort(rng.uniform(0, length, 400))
    middle = 350 + rng.integers(-20, 21) + (t / length - 0.5) * (300, -300, 0)[word]
    units = np.clip(middle + rng.normal(0, 12, t.size), 0, 699)
    return t.astype(np.float16), units.astype(np.uint16)


def write(path, samples, speakers, seed=0, names=WORDS):
    """A file of so many samples; ``speakers`` are taken in turns, None for a file that names none."""
    rng = np.random.default_rng(seed)
    labels = np.arange(samples) % len(WORDS)
    with h5py.File(path, "w") as file:
        kinds = h5py.vlen_dtype(np.float16), h5py.vlen_dtype(np.uint16)
        times, units = (
            file.create_dataset(f"spikes/{k}", (samples,), kind)
            for k, kind in zip(("times", "units"), kinds, strict=True)
        )
        for k, word in enumerate(labels):
            times[k], units[k] = sample(word, rng)
        file["labels"] = labels.astype(np.uint16)
        if names:
            file["extra/keys"] = np.array(names, dtype=h5py.string_dtype())
        if speakers:
            file["extra/speaker"] = np.resize(np.repeat(speakers, len(WORDS)), samples).astype(np.uint16)
    return path
