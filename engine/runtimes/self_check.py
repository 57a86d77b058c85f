"""Run by a runtime's own Python: does IPEX really trace a model here, and is the answer right?

Importing it is not enough: a lack that shows only when a graph is made ends the process by a signal.
"""

import importlib
import json
import sys
import warnings

_TOLERANCE = 1e-3


def main() -> int:
    """Prints one line of JSON. Exit status 0 where the numbers agree."""
    import torch
    import transformers

    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128, vocab_size=200
    )
    config._attn_implementation = "sdpa"
    model = transformers.BertModel(config, add_pooling_layer=False).eval()
    ids = torch.arange(24).reshape(2, 12) + 5
    mask = torch.ones_like(ids)
    mask[1, 8:] = 0
    inputs = {"input_ids": ids, "attention_mask": mask}
    with torch.no_grad():
        expected = model(**inputs).last_hidden_state

        import intel_extension_for_pytorch as ipex

        fast = ipex.optimize(model, dtype=torch.float32, inplace=True, auto_kernel_selection=True)
        graph = torch.jit.trace(fast, example_kwarg_inputs=inputs, strict=False, check_trace=False)
        graph = torch.jit.freeze(graph)
        for _ in range(3):
            got = graph(**inputs)["last_hidden_state"]
    difference = float((got - expected).abs().max())
    fused = str(torch.jit.last_executed_optimized_graph()).count("ipex")
    importlib.import_module("engine.work")  # what a run starts: by its name, since this room lies below it

    found = {"max_abs_diff": difference, "fused": fused, "torch": torch.__version__, "ipex": ipex.__version__}
    sys.stdout.write(f"\n{json.dumps(found)}\n")
    return 0 if difference <= _TOLERANCE and fused else 1


if __name__ == "__main__":
    sys.exit(main())
