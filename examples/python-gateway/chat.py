"""A chat client with Python's standard library alone; the gateway makes its stream whole.

It knows nothing of Holdfast but the base URL. Any SDK takes the same variable: openai-python reads OPENAI_BASE_URL.
"""

import json
import os
import sys
import urllib.request

base_url = os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:4180/v1")
prompt = " ".join(sys.argv[1:]) or "Write about lighthouses."
request = urllib.request.Request(
    base_url + "/chat/completions",
    data=json.dumps(
        {"model": "gpt-4.1-mini", "stream": True, "messages": [{"role": "user", "content": prompt}]}
    ).encode(),
    headers={
        "Content-Type": "application/json",
        "Authorization": "Bearer " + os.environ.get("OPENAI_API_KEY", "none"),
    },
)

finished = None
with urllib.request.urlopen(request, timeout=120) as response:
    for line in response:
        if not line.startswith(b"data:"):
            continue
        data = line[5:].strip()
        if data == b"[DONE]":
            break
        event = json.loads(data)
        if "error" in event:
            sys.exit("\n" + event["error"].get("message", "the stream failed"))
        for choice in event.get("choices", []):
            print(choice.get("delta", {}).get("content") or "", end="", flush=True)
            finished = choice.get("finish_reason") or finished
print()
# A stream that just ends is not an answer.
sys.exit(0 if finished else "the answer is not complete")
