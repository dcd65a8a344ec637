"""Key names and limits of the file."""

from __future__ import annotations

#: Highest version of the ``/lava_ahp`` group that this package reads.
VERSION = 3
#: Version of files whose connections share weights.
SHARED_VERSION = 3
#: Version of the first files whose golden samples hold checksums in place of states.
CHECKSUM_VERSION = 2
#: Version of files without golden samples, which every lava-ahp can read.
NETWORK_VERSION = 1

LAYER = "layer"
GROUP = "lava_ahp"
#: A group that some lava-dl scripts write.  Stock NetX ignores it as well.
IGNORED_ROOT_KEYS = ("simulation",)

#: Keys of lava-dl's neuron group, and the parameters of :class:`lava_ahp.network.Neuron` that they hold.
PARAMETER_OF_KEY = {
    "iDecay": "current_decay",
    "vDecay": "voltage_decay",
    "ahpDecay": "ahp_decay",
    "ahpWeight": "ahp_weight",
    "vThMant": "threshold",
    "inputExp": "input_exponent",
}
#: Further keys that lava-dl writes, and the one supported value of each.
CONSTANT_KEYS = {"refDelay": 1, "gradedSpike": 0}
#: Keys of a LIF neuron that NetX does not read, and the values with which that makes no difference.
UNREAD_KEYS = {"refDelay": (0, 1), "gradedSpike": (0,), "wgtExp": (0,)}
#: Keys of a LIF neuron that only training uses: the threshold once more, and the surrogate derivative.
TRAINING_KEYS = ("theta", "tauRho", "scaleRho")
#: Layers of lava-dl and of older versions of SLAYER that cannot be read, and why.
UNSUPPORTED_LAYERS = {
    **dict.fromkeys(("conv", "convT", "pool", "unpool"), "convolutions are not supported"),
    "concat": "branches are not supported",
    "dense_comp": "complex weights are not supported",
    "recurrent": "stock NetX skips this layer without an error; write it as dense_rec, and recWeight as weight_rec",
}

#: The unit of a layer's ``bias``, in units of the state: stock NetX gives every bias the exponent 6.
BIAS_UNIT = 64
#: NetX's neuron for a layer without one, with the threshold 131072 cut to the largest.
DEFAULT_NEURON = {"threshold": 2**17 - 1, "current_decay": 0, "voltage_decay": 4096}
#: Text that blocks write as the bias of an AHP layer.  Stock NetX fails there and quotes it.
NOT_IN_STOCK = "AHP neuron: not in stock NetX, load this file with lava_ahp"
#: What lava-dl's Affine writes for "never": one bit more than the chip's threshold has.
AFFINE_THRESHOLD = 2**18 - 1

# Within these limits, any file is read in a few seconds and a few GiB of memory.
MAX_ELEMENTS = 2**26
#: Largest file.
MAX_FILE_BYTES = 2**31
#: Memory that the arrays and texts of one file may take.
MAX_MEMORY_BYTES = 3 * 2**29
#: The same as a multiple of the file's size: a byte inflates to 1032, and a number of one byte takes 8 more.
MAX_EXPANSION = 9 * 1100
MAX_CHUNK_BYTES = 2**26
#: Chunks up to this size are never too large for their dataset.
MIN_CHUNK_LIMIT = 2**20
MAX_CHUNKS = 2**14
MAX_TEXT_BYTES = 2**20
MAX_MEMBERS = 4096
#: Populations or connections in a table.
MAX_ROWS = 2**16
#: Targets of all connections of a table together, which takes a fraction of a second to check.
MAX_TABLE_TARGETS = 2**28
MAX_TOTAL_NEURONS = 2**24
MAX_RASTER_CELLS = 2**28
#: Deflate cannot shrink data further than 1032 to 1.
MAX_COMPRESSION = 1100

#: Datasets of at least this many bytes are compressed.
COMPRESS_FROM_BYTES = 4096

#: Chunks of at most this many bytes span all axes but the last one.
WHOLE_CHUNK_BYTES = 2**22
