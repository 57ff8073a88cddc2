"""A Celery app on the `bell://` broker, for test_broker.py: as a worker, or as a sender of notes.

`python -m tests.bell_app FIRST COUNT` sends that many notes; BELL_FOLDER says where all is.
"""

import os
import sys
from pathlib import Path

from celery import Celery

from portal import broker as broker  # its import is what makes bell:// known

FOLDER = Path(os.environ["BELL_FOLDER"])

app = Celery("bells", broker="bell://")
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    broker_connection_retry_on_startup=True,
    worker_prefetch_multiplier=4,
    broker_transport_options={
        "data_folder_in": str(FOLDER / "messages"),
        "data_folder_out": str(FOLDER / "messages"),
        "control_folder": str(FOLDER / "control"),
        "polling_interval": 0.001,
    },
)


@app.task(name="note")
def note(number: int) -> None:
    """Leave a file; a second delivery of the same message is found out by its name."""
    with (FOLDER / "notes" / f"{number}").open("a") as file:
        file.write("x")


if __name__ == "__main__":
    first, count = map(int, sys.argv[1:])
    for number in range(first, first + count):
        note.delay(number)
