"""What the libraries that every mode uses ask of a CPU."""

from engine.wire.values import Cpu

# Tried under emulation: with SSE4.2 and without AVX (a CPU of 2008) all of torch 2.13, Transformers 4.57, NumPy 2.4 and
# ONNX Runtime 1.31 ran and answered right; without SSE4.2 importing NumPy and ONNX Runtime ended the process by an
# illegal instruction. NumPy's builds are made for x86-64-v2, of which SSE4.2 came last.
_LEAST = "sse4_2"


def obstacle(cpu: Cpu) -> str:
    """Why no model can run on this CPU, as a sentence, or ""."""
    missing = [feature.title for feature in cpu.features if feature.id == _LEAST and not feature.usable]
    if not missing:
        return ""
    return f"NumPy, which every acceleration needs, only runs on CPUs with {missing[0]}. This one lacks it."


REMEDY = "Use a computer with a CPU from 2011 or later."
