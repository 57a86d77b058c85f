"""Tiny random models with working tokenizers: the real classes of Transformers, made from configurations.

``make("bert", "QuestionAnswering", folder)`` writes config.json, model.safetensors and the tokenizer of the
family. The answers of such a model mean nothing, but they are the same each time and differ from input to
input.
"""

from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from tokenizers.trainers import BpeTrainer

FAMILIES = ("bert", "roberta", "distilbert", "albert", "electra", "mpnet")
HEADS = (
    "FeatureExtraction",
    "SequenceClassification",
    "TokenClassification",
    "QuestionAnswering",
    "MaskedLM",
)

_LABELS = {
    "SequenceClassification": ("NEGATIVE", "POSITIVE"),
    "TokenClassification": ("O", "B-PER", "I-PER", "B-LOC", "I-LOC"),
}

_TEXT = """
the of and to a in is it you that he was for on are with as his they at be this from have or by one had not
but what all were when we there can an your which their said if do will each about how up out them then she
many some so these would other into has more her two like him see time could no make than first been its who
now people my made over did down only way find use may water long little very after words called just where
most know get through back much go good new write our me man too any day same right look think also around
another came come work three word must because does part even place well such here take why things help put
years different away again off went old number great tell men say small every found still between name
should home big give air line set own under read last never us left end along while might next sound below
saw something thought both few those always looked show large often together asked house world going want
school important until form food keep children feet land side without boy once animals life enough took four
head above kind began almost live page got earth need far hand high year mother light country father let
night picture being study second book soon story since white ever paper hard near sentence better best
across during today however sure knew try told young sun thing whole hear example heard several change
answer room sea against top turned learn point city play toward five himself usually money seen car morning
body upon family later turn move face door cut done group true half red fish plants living wanted black eat
short run love hate bad film movie dinner train station river bridge built capital lives works london paris
berlin france germany england maria john anna wonderful terrible happy sad guitar playing music cat dog sat
mat rain weather warm cold open close street shop bread
"""
_WORDS = _TEXT.split()

_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_PIECES = (
    "ing",
    "ed",
    "er",
    "ly",
    "s",
    "es",
    "tion",
    "al",
    "en",
    "an",
    "ion",
    "ity",
    "ment",
    "ness",
    "or",
    "ar",
)


def make(family: str, head: str, folder: Path, **settings: Any) -> Path:
    """Writes a tiny model of ``family`` with ``head`` into ``folder`` and returns it.

    ``settings`` go into the model's configuration, over what is set here (``problem_type``, ``id2label``...).
    """
    tokenizer = _TOKENIZERS[family]()
    config = transformers.AutoConfig.for_model(
        family,
        **{**_configuration(family, head), "vocab_size": len(tokenizer), **_ids(tokenizer), **settings},
    )
    suffix = "" if head == "FeatureExtraction" else f"For{head}"
    generator_state = torch.get_rng_state()
    torch.manual_seed(20)
    model = getattr(transformers, f"AutoModel{suffix}").from_config(config)
    torch.set_rng_state(generator_state)
    if head == "TokenClassification":
        with torch.no_grad():
            model.classifier.bias[0] = -2.0  # a random model may call every token "O", and show nothing at all
    model.eval().save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    return folder


def _configuration(family: str, head: str) -> dict[str, Any]:
    offset = 2 if family in ("roberta", "mpnet") else 0
    settings: dict[str, Any] = {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": 512 + offset,
        "initializer_range": 0.3,
    }
    if family not in ("distilbert", "mpnet"):
        settings["type_vocab_size"] = 1 if family == "roberta" else 2
    if family == "distilbert":
        settings |= {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64}
    if family in ("albert", "electra"):
        settings |= {"embedding_size": 16}
    if head in _LABELS:
        labels = _LABELS[head]
        settings |= {
            "id2label": dict(enumerate(labels)),
            "label2id": {label: i for i, label in enumerate(labels)},
        }
    return settings


def _ids(tokenizer: Any) -> dict[str, int]:
    return {
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.cls_token_id,
        "eos_token_id": tokenizer.sep_token_id,
    }


def _wordpiece(class_name: str, specials: tuple[str, ...], unknown: str, separators: int = 1) -> Any:
    """A lower-casing WordPiece tokenizer; ``specials``: first, last, padding and mask token in this order."""
    first, last, padding, mask = specials
    pieces = [*_CHARACTERS, *_PUNCTUATION, *_WORDS, *(f"##{piece}" for piece in (*_CHARACTERS, *_PIECES))]
    vocabulary = list(dict.fromkeys([padding, unknown, first, last, mask, *pieces]))
    ids = {piece: i for i, piece in enumerate(vocabulary)}
    backend = Tokenizer(models.WordPiece(ids, unk_token=unknown))
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece(prefix="##")
    second = 1 if separators == 1 else 0
    between = " ".join([f"{last}:0"] * separators)
    backend.post_processor = processors.TemplateProcessing(
        single=f"{first}:0 $A:0 {last}:0",
        pair=f"{first}:0 $A:0 {between} $B:{second} {last}:{second}",
        special_tokens=[(first, ids[first]), (last, ids[last])],
    )
    return getattr(transformers, class_name)(
        tokenizer_object=backend,
        unk_token=unknown,
        cls_token=first,
        sep_token=last,
        pad_token=padding,
        mask_token=mask if separators == 1 else AddedToken(mask, lstrip=True, special=True),
        model_max_length=512,
    )


def _bert() -> Any:
    return _wordpiece("BertTokenizerFast", ("[CLS]", "[SEP]", "[PAD]", "[MASK]"), "[UNK]")


def _distilbert() -> Any:
    return _wordpiece("DistilBertTokenizerFast", ("[CLS]", "[SEP]", "[PAD]", "[MASK]"), "[UNK]")


def _electra() -> Any:
    return _wordpiece("ElectraTokenizerFast", ("[CLS]", "[SEP]", "[PAD]", "[MASK]"), "[UNK]")


def _mpnet() -> Any:
    return _wordpiece("MPNetTokenizerFast", ("<s>", "</s>", "<pad>", "<mask>"), "[UNK]", separators=2)


def _roberta() -> Any:
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=700,
        special_tokens=specials,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    backend.train_from_iterator([" " + " ".join(_WORDS), " ".join(word.title() for word in _WORDS)], trainer)
    ids = {token: backend.token_to_id(token) for token in specials}
    backend.post_processor = processors.RobertaProcessing(
        sep=("</s>", ids["</s>"]), cls=("<s>", ids["<s>"]), trim_offsets=True, add_prefix_space=False
    )
    return transformers.RobertaTokenizerFast(tokenizer_object=backend, model_max_length=512)


def _albert() -> Any:
    specials = ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]
    scores = dict.fromkeys(specials, 0.0) | {"▁": -6.0}
    scores |= dict.fromkeys((*_CHARACTERS, *_PUNCTUATION), -9.0) | dict.fromkeys(_PIECES, -8.0)
    scores |= {f"▁{word}": -4.0 - len(word) / 10 for word in _WORDS}
    vocabulary = list(scores.items())
    backend = Tokenizer(models.Unigram(vocabulary, unk_id=1, byte_fallback=False))
    backend.normalizer = normalizers.Sequence(
        [
            normalizers.Replace("``", '"'),
            normalizers.Replace("''", '"'),
            normalizers.NFKD(),
            normalizers.StripAccents(),
            normalizers.Lowercase(),
        ]
    )
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Metaspace()
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return transformers.AlbertTokenizerFast(tokenizer_object=backend, model_max_length=512)


_TOKENIZERS = {
    "bert": _bert,
    "roberta": _roberta,
    "distilbert": _distilbert,
    "albert": _albert,
    "electra": _electra,
    "mpnet": _mpnet,
}
