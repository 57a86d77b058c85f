"""Working tokenizers for tiny models: a few hundred English words and pieces, in the form that each family has."""

from collections.abc import Callable
from typing import Any

import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from tokenizers.trainers import BpeTrainer

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


def _byte_level(class_name: str, ends: tuple[str, str]) -> Any:
    """A byte-level BPE tokenizer; ``ends``: first and last token."""
    first, last = ends
    specials = [first, "<pad>", last, "<unk>", "<mask>"]
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
        sep=(last, ids[last]), cls=(first, ids[first]), trim_offsets=True, add_prefix_space=False
    )
    named = {"cls_token": first, "sep_token": last, "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"}
    return getattr(transformers, class_name)(tokenizer_object=backend, model_max_length=512, **named)


def _unigram(class_name: str, specials: list[str], ends: tuple[str, str], *steps: Any, second: int = 1) -> Any:
    """A Unigram tokenizer of words and characters, without capitals. ``specials`` in the order of their ids, among them
    padding, unknown and mask; ``ends``: first and last token; ``steps`` normalise; ``second``: type of a second text.
    """
    scores = dict.fromkeys(specials, 0.0) | {"▁": -6.0}
    scores |= dict.fromkeys((*_CHARACTERS, *_PUNCTUATION), -9.0) | dict.fromkeys(_PIECES, -8.0)
    scores |= {f"▁{word}": -4.0 - len(word) / 10 for word in _WORDS}
    unknown = next(token for token in specials if "unk" in token.lower())
    backend = Tokenizer(models.Unigram(list(scores.items()), unk_id=specials.index(unknown), byte_fallback=False))
    backend.normalizer = normalizers.Sequence(
        [*steps, normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]
    )
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Metaspace()
    first, last = ends
    backend.post_processor = processors.TemplateProcessing(
        single=f"{first}:0 $A:0 {last}:0",
        pair=f"{first}:0 $A:0 {last}:0 $B:{second} {last}:{second}",
        special_tokens=[(first, specials.index(first)), (last, specials.index(last))],
    )
    named = {
        "cls_token": first,
        "sep_token": last,
        "unk_token": unknown,
        "pad_token": next(token for token in specials if "pad" in token.lower()),
        "mask_token": next(token for token in specials if "mask" in token.lower()),
    }
    return getattr(transformers, class_name)(tokenizer_object=backend, model_max_length=512, **named)


_QUOTES = (normalizers.Replace("``", '"'), normalizers.Replace("''", '"'))
_AS_ALBERT = ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]
_AS_XLM_R = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
_AS_DEBERTA = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
_BRACKETS = ("[CLS]", "[SEP]")
_ANGLES = ("<s>", "</s>")

_AS_BERT = ("[CLS]", "[SEP]", "[PAD]", "[MASK]")

TOKENIZERS: dict[str, Callable[[], Any]] = {
    "bert": lambda: _wordpiece("BertTokenizerFast", _AS_BERT, "[UNK]"),
    "roberta": lambda: _byte_level("RobertaTokenizerFast", _ANGLES),
    "distilbert": lambda: _wordpiece("DistilBertTokenizerFast", _AS_BERT, "[UNK]"),
    "albert": lambda: _unigram("AlbertTokenizerFast", _AS_ALBERT, _BRACKETS, *_QUOTES),
    "electra": lambda: _wordpiece("ElectraTokenizerFast", _AS_BERT, "[UNK]"),
    "mpnet": lambda: _wordpiece("MPNetTokenizerFast", (*_ANGLES, "<pad>", "<mask>"), "[UNK]", separators=2),
    "xlm-roberta": lambda: _unigram("XLMRobertaTokenizerFast", _AS_XLM_R, _ANGLES, second=0),
    "camembert": lambda: _unigram("CamembertTokenizerFast", _AS_XLM_R, _ANGLES, second=0),
    "deberta-v2": lambda: _unigram("DebertaV2TokenizerFast", _AS_DEBERTA, _BRACKETS),
    "modernbert": lambda: _byte_level("PreTrainedTokenizerFast", _BRACKETS),
    "big_bird": lambda: _unigram("BigBirdTokenizerFast", _AS_ALBERT, _BRACKETS),
    "longformer": lambda: _byte_level("LongformerTokenizerFast", _ANGLES),
}
"""By model type; each makes a tokenizer of the family's own class, without files."""
