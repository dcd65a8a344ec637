"""Key names and limits of the file."""

from __future__ import annotations

#: Version of the ``/lava_ahp`` group; it goes up when an older reader would misread the file.
VERSION = 1

LAYER = "layer"
GROUP = "lava_ahp"
#: A group that some lava-dl scripts write; stock NetX does not read it either.
IGNORED_ROOT_KEYS = ("simulation",)

#: Key of lava-dl's neuron group, and the parameter of ``graph.Neuron`` that it holds.
PARAMETER_OF_KEY = {
    "iDecay": "current_decay",
    "vDecay": "voltage_decay",
    "ahpDecay": "ahp_decay",
    "ahpWeight": "ahp_weight",
    "vThMant": "threshold",
    "inputExp": "input_exponent",
}
#: What lava-dl writes beside them, and the one value that is supported.
CONSTANT_KEYS = {"refDelay": 1, "gradedSpike": 0}

#: The unit of a layer's ``bias``, in units of the state: stock NetX gives every bias the exponent 6.
BIAS_UNIT = 64
#: What lava-dl's Affine writes for "never": one bit more than the chip's threshold has.
AFFINE_THRESHOLD = 2**18 - 1

# A file within these limits is read in a few seconds and a few GiB of memory, whoever wrote it.
MAX_ELEMENTS = 2**26
MAX_BYTES = 2**30
MAX_CHUNK_BYTES = 2**26
MAX_TEXT_BYTES = 2**20
MAX_MEMBERS = 4096
MAX_TOTAL_NEURONS = 2**24
MAX_RASTER_CELLS = 2**28
#: Deflate cannot shrink data further than 1032 to 1.
MAX_COMPRESSION = 1100

#: Below this many bytes a dataset is stored as it is.
COMPRESS_FROM_BYTES = 4096
