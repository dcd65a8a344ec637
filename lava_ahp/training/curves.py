"""TensorBoard curves of the history, in the folder ``tensorboard`` of the run folder."""

from __future__ import annotations

import shutil
import socket
import struct
import time
from pathlib import Path

from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.record_writer import masked_crc32c

from lava_ahp import files
from lava_ahp.training.history import Epoch

#: Folder of the curves inside the run folder.
FOLDER = "tensorboard"


class Curves:
    """Writes one event file, to which every epoch is appended as soon as it is over.

    tensorboardX has a writer of its own.  It writes in a thread, where an error, such as a full disk, cannot be caught.

    Args:
        out: the run folder.
    """

    def __init__(self, out: Path) -> None:
        self._folder = out / FOLDER
        self._file: Path | None = None

    def add(self, epoch: Epoch) -> None:
        """Append the points of an epoch.

        Raises:
            OSError: they cannot be written; the earlier points are kept.
        """
        points = {
            "loss/training": epoch.loss,
            "loss/validation": epoch.validation_loss,
            f"{epoch.score}/training": epoch.accuracy,
            f"{epoch.score}/validation": epoch.validation_accuracy,
            "activity/rate": epoch.rate,
            "activity/synops": epoch.synops,
            "learning_rate": epoch.learning_rate,
        }
        events = [Event(step=epoch.epoch, summary=Summary(value=[Summary.Value(tag=tag, simple_value=value)]))
                  for tag, value in points.items()]  # fmt: skip
        path = self._file
        if path is None:
            # Event files are named by the second and read in the order of their names.  Without the suffix, a run that
            # is resumed within the same second would append to its own curves.
            name = f"events.out.tfevents.{time.time():.0f}.{socket.gethostname()}.{epoch.epoch - 1:07d}"
            path = self._folder / name
            # TensorBoard hides existing points from this step on.
            start = Event(step=epoch.epoch, session_log=SessionLog(status=SessionLog.START))
            events = [Event(file_version="brain.Event:2"), start, *events]
        files.append_bytes(path, b"".join(_record(event) for event in events))
        self._file = path


def _record(event: Event) -> bytes:
    """An event as a record of TensorFlow: length, content, and a checksum of each."""
    event.wall_time = time.time()
    content: bytes = event.SerializeToString()
    length = struct.pack("<Q", len(content))
    return length + _checksum(length) + content + _checksum(content)


def _checksum(content: bytes) -> bytes:
    return struct.pack("<I", masked_crc32c(content))


def forget(out: Path) -> None:
    """Remove the curves of an earlier run, if any."""
    if (out / FOLDER).is_dir():
        shutil.rmtree(out / FOLDER)
