"""A process beside those of a job, on each machine: it says which rank was killed. It is run as a script, and imports nothing here.

The launcher ends all processes as soon as one has died, and names it by its number in the system only; the others have no time
left to say more. Arguments: the number of the job's processes, then pairs of a rank and the number of its process. It ends without
a word when "q" comes through its standard input.
"""

import os
import select
import sys


def main(arguments: list[str]) -> None:
    """Wait until a process dies, or until all is well."""
    size, pairs = arguments[0], [part.split(":") for part in arguments[1:]]
    poll = select.poll()
    poll.register(0, select.POLLIN)
    ranks = {}
    for rank, pid in pairs:
        try:
            ranks[os.pidfd_open(int(pid))] = (rank, pid)
        except ProcessLookupError:
            continue
    for descriptor in ranks:
        poll.register(descriptor, select.POLLIN)
    ready = [descriptor for descriptor, _ in poll.poll()]
    if 0 in ready and os.read(0, 1) == b"q":
        return
    # The one that died first is among these. On a busy machine the launcher has ended others before this process runs again.
    died = [
        f"rank {rank} of {size} (process {pid})" for rank, pid in (ranks[descriptor] for descriptor in ready if descriptor in ranks)
    ]
    if died:
        how = "has died: it was killed, or it crashed." if len(died) == 1 else "have died: one was killed, or it crashed."
        print("autograd.distributed:", " and ".join(died), how, "All ranks end.", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
