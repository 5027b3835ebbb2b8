"""Checks that the kit and Python's huggingface_hub share one cache. Writes nothing.

    python tests/reference/hub.py

Either fetches what the other then finds offline, and both fetch at once, from the tests' own hub on
this machine. Made with huggingface_hub 2.4.0. Runs `deno` from the repository root.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

root = Path(__file__).parent.parent.parent
files = ["model.safetensors", "unet/pytorch_model.bin", "README.md"]
download = "import sys; from huggingface_hub import hf_hub_download as get\n" \
    "for file in sys.argv[1:]: get('org/model', file)"


def kit(home, *arguments, **more):
    command = ["deno", "run", "-A", "tasks/weights.ts", *arguments]
    return subprocess.run(command, cwd=root, env={**os.environ, "HF_HOME": home, **more},
                          check=True, capture_output=True, text=True).stdout


def python(home, *names, **more):
    return subprocess.Popen([sys.executable, "-c", download, *names],
                            env={**os.environ, "HF_HOME": home, **more})


def links(home):
    return {str(path.relative_to(home)): os.readlink(path)
            for path in Path(home).rglob("*") if path.is_symlink()}


server = subprocess.Popen(["deno", "run", "-A", "tests/reference/hub_serve.ts"], cwd=root,
                          stdout=subprocess.PIPE, text=True)
try:
    os.environ.update(HF_ENDPOINT=server.stdout.readline().strip(), HF_HUB_DISABLE_XET="1")
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two, \
            tempfile.TemporaryDirectory() as three:
        kit(one, "fetch", "hf:org/model", "hf:org/model/unet/pytorch_model.bin")
        assert python(one, *files, HF_HUB_OFFLINE="1").wait() == 0
        assert python(two, *files).wait() == 0
        kit(two, "fetch", "hf:org/model", HF_HUB_OFFLINE="1")
        assert kit(two, "verify").count(" whole\n") == 3
        assert links(one) == links(two) and len(links(one)) == 3
        other = python(three, "model.safetensors")
        kit(three, "fetch", "hf:org/model")
        assert other.wait() == 0
        assert kit(three, "verify").count(" whole\n") == 2
    print("the kit and huggingface_hub find each other's files, and fetch at once")
finally:
    server.terminate()
