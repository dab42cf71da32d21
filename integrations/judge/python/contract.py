"""What ./holdfast judge asks of a client; docs/judge.md has the contract."""

import asyncio
import json
import os
import sys

BASE_URL = os.environ["HOLDFAST_BASE_URL"]
PROMPT = os.environ["HOLDFAST_PROMPT"]
TIMEOUT = float(os.environ["HOLDFAST_TIMEOUT"])
CANCEL_AFTER = int(os.environ.get("HOLDFAST_CANCEL_AFTER", "0"))
MOMENT = 0.2
_shown = 0


def text(piece):
    """Shows text; says whether to cancel now."""
    global _shown
    before = _shown
    _shown += len(piece)
    sys.stdout.write(piece)
    sys.stdout.flush()
    return before < CANCEL_AFTER <= _shown


def tool(name, arguments):
    """A tool call that is acted upon, or handed over as finished."""
    note("HOLDFAST_TOOL " + json.dumps({"name": name, "arguments": arguments}))


def note(line):
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def run(client):
    """Runs a client; its exit code says whether it claims a complete answer.

    ``client`` is given a function that cancels it as a user's stop button does: a moment later,
    while it goes on reading.
    """
    sys.stdout.reconfigure(encoding="utf-8")

    async def main():
        async def stop():
            await asyncio.sleep(MOMENT)
            asking.cancel()
            note("HOLDFAST_CANCELLED")
            await asyncio.to_thread(sys.stdin.read)  # Only its end matters.
            os._exit(0)

        stopping = []
        asking = asyncio.ensure_future(client(lambda: stopping.append(asyncio.ensure_future(stop()))))
        try:
            await asking
        except asyncio.CancelledError:
            pass
        except Exception as error:  # Whatever it is, the answer did not come whole.
            if not stopping:
                note(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
                os._exit(1)
        if stopping:
            await stopping[0]
        sys.stdout.flush()
        os._exit(0)

    asyncio.run(main())
