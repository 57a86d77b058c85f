"""What Transformers' tokenizer classes do beyond reading tokenizer.json (4.57, PreTrainedTokenizerFast and
subclasses).

They add special tokens, give properties to tokens, and change how text is normalised and split, by
tokenizer_config.json and by defaults of their own. Where nothing would be changed, tokenizer.json alone is
the same.
"""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

SPECIAL_NAMES = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


@dataclasses.dataclass(frozen=True, slots=True)
class Family:
    """What a tokenizer class of Transformers sets by itself: special tokens, inputs, checks on opening.

    ``wrapped``: special tokens to which the class gives properties of its own (``lstrip``, ``normalized``)
    where the files name none.
    """

    specials: Mapping[str, str]
    wrapped: Mapping[str, tuple[bool, bool]] = dataclasses.field(default_factory=dict)
    type_ids: bool = False
    lowercases: bool = False
    checks_chinese: bool = False
    byte_level: bool = False


_BERT = {
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
}
_ROBERTA = {
    "bos_token": "<s>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "cls_token": "<s>",
    "unk_token": "<unk>",
    "pad_token": "<pad>",
    "mask_token": "<mask>",
}
_BRACKETS = {"bos_token": "[CLS]", "eos_token": "[SEP]", "sep_token": "[SEP]", "cls_token": "[CLS]"}
_ALBERT = {**_ROBERTA, **_BRACKETS, "mask_token": "[MASK]"}
_MPNET = {**_ROBERTA, "unk_token": "[UNK]"}
_MASK = {"mask_token": (True, False)}

FAMILIES = {
    "BertTokenizer": Family(_BERT, type_ids=True, lowercases=True, checks_chinese=True),
    "ElectraTokenizer": Family(_BERT, type_ids=True, lowercases=True, checks_chinese=True),
    "DistilBertTokenizer": Family(_BERT, lowercases=True, checks_chinese=True),
    "MPNetTokenizer": Family(_MPNET, wrapped={name: (name == "mask_token", True) for name in _MPNET}, lowercases=True),
    "RobertaTokenizer": Family(_ROBERTA, wrapped=_MASK, byte_level=True),
    "XLMRobertaTokenizer": Family(_ROBERTA, wrapped={"mask_token": (True, True)}),
    "AlbertTokenizer": Family(_ALBERT, wrapped=_MASK, type_ids=True),
    "PreTrainedTokenizer": Family({}, type_ids=True),
}

CLASS_OF_MODEL = {
    "bert": "BertTokenizer", "electra": "ElectraTokenizer", "distilbert": "DistilBertTokenizer",
    "mpnet": "MPNetTokenizer", "roberta": "RobertaTokenizer", "xlm-roberta": "XLMRobertaTokenizer",
    "albert": "AlbertTokenizer",
}  # fmt: skip

CHANGES_LOADING = (
    "auto_map",
    "from_slow",
    "split_special_tokens",
    "tokenizer_file",
    "vocab_file",
    "gguf_file",
)
"""Keys of tokenizer_config.json with which Transformers does something else than read tokenizer.json."""


def changes_tokens(backend: Any, settings: Mapping[str, Any], specials: Mapping[str, str], family: Family) -> bool:
    """Whether Transformers would add a token or change a property of one."""
    present = backend.get_added_tokens_decoder()
    added = {token.content: token for token in present.values()}
    extra = [content_of(token) for token in settings.get("additional_special_tokens") or ()]
    if any(name not in added or not added[name].special for name in (*specials.values(), *extra)):
        return True
    if any(
        not settings.get(name) and (added[specials[name]].lstrip, added[specials[name]].normalized) != given
        for name, given in family.wrapped.items()
    ):
        return True
    return any(
        int(index) not in present or _properties(present[int(index)]) != {**PLAIN_TOKEN, **token}
        for index, token in settings.get("added_tokens_decoder", {}).items()
    )


PLAIN_TOKEN = {"single_word": False, "lstrip": False, "rstrip": False}


def _properties(token: Any) -> dict[str, Any]:
    return {
        name: getattr(token, name) for name in ("content", "single_word", "lstrip", "rstrip", "normalized", "special")
    }


def changes_steps(backend: Any, settings: Mapping[str, Any], family: Family) -> bool:
    """Whether Transformers would change how text is normalised, split or trimmed."""
    wanted = {"add_prefix_space": bool(settings.get("add_prefix_space", False))}
    changes = _differs(backend.pre_tokenizer, wanted)
    if family.lowercases:
        cases = {
            "lowercase": settings.get("do_lower_case", True),
            "strip_accents": settings.get("strip_accents"),
        }
        if family.checks_chinese:
            cases["handle_chinese_chars"] = settings.get("tokenize_chinese_chars", True)
        changes = changes or backend.normalizer is None or _differs(backend.normalizer, cases)
    if family.byte_level:
        changes = changes or _differs(
            backend.post_processor, {**wanted, "trim_offsets": settings.get("trim_offsets", True)}
        )
    # From this size on Transformers also looks for a faulty regular expression of one model family.
    return changes or (not family.specials and backend.get_vocab_size() > 100_000)


def _differs(step: Any, wanted: Mapping[str, Any]) -> bool:
    state = json.loads(step.__getstate__()) if step is not None else {}
    return any(state.get(key, value) != value for key, value in wanted.items())


def content_of(token: Any) -> str:
    return str(token["content"] if isinstance(token, dict) else token)
