"""Recognises drums in the names of tracks, in several languages."""

import re
import unicodedata
from typing import Final

# A name that holds one of these, as a word or its beginning, names a kit.
_KITS: Final = re.compile(
    r"\b(?:drums?|drum ?(?:kit|set|machine|loop|rack|bus|beat)s?|drumz|percs?|percussions?|"
    r"perkussion|perkusja|rhythm (?:kit|box|machine|part|section)|kit|schlagzeug|schlagwerk|"
    r"trommeln?|batterie|batteria|bateria|percussao|percusion|percussione|percussioni|"
    r"tambours?|tambores|slagverk|slagwerk|slagtoj|drumstel|trummor|trommer|rummut|rumpu|baraban|drm|lyomasoittimet|bebny|"
    r"bici|bubny|davul|vurmali|dobok|utos(?:ok|hangszerek)?|tobe|gendang|trong)\b"
    r"|\b(?:ударн|барабан|перкусс|перкус|ударні)|ντραμ|τυμπαν|κρουστα|"
    r"ドラム|パーカッション|打楽器|太鼓|鼓|打击乐|打擊樂|드럼|타악기|퍼커션|طبول|درامز|ड्रम|กลอง"
)
_NO_KITS: Final = re.compile(
    r"steel|percussive organ|perc\.? ?organ|drum ?(?:&|and|n|'n'?) ?bass|\bdnb\b|drumm|timpani"
)

# What single drums are called: pattern, General MIDI key. The first that fits counts.
_PIECES: Final[tuple[tuple[str, int], ...]] = (
    (r"side ?sticks?|rim ?shots?|rims?|cross ?stick", 37),
    (r"claps?|hand ?claps?|palmas|クラップ|拍手", 39),
    (r"kicks?|kik|bass ?drums?|bassdrum|bd|bombo|gran ?cassa|grosse ?caisse|grosse ?trommel|bumbo|"
     r"stortromme|キック|バスドラ|バスドラム|бочка|大鼓|底鼓|킥", 36),
    (r"snares?|snare ?drums?|sd|sn|caja|redoblante|caisse ?claire|kleine ?trommel|rullante|"
     r"lilletromme|virveltrumma|caixa|スネア|スネアドラム|小鼓|军鼓|рабочий|스네어", 38),
    (r"open(?:ed)? ?(?:hi-? ?)?hats?|hi-? ?hats? ?open(?:ed)?|oh|ohh|オープンハイハット", 46),
    (r"pedal ?(?:hi-? ?)?hats?|hi-? ?hats? ?pedal|foot ?hats?", 44),
    (r"(?:closed? ?)?(?:hi-? ?)?hats?(?: ?closed?)?|hh|chh|charles(?:ton)?|chimbal|hi ?hat|"
     r"ハイハット|хай-?хэт|хэт|踩镲|하이햇", 42),
    (r"ride(?: ?cymbals?)? ?bells?", 53),
    (r"ride ?cymbals?|rides?|ライド", 51),
    (r"splash(?: ?cymbals?)?", 55),
    (r"chin(?:a|ese)(?: ?cymbals?)?", 52),
    (r"crash(?: ?cymbals?)?|crashes|cymbals?|cym|becken|cymbales?|piatti|platillos?|pratos?|"
     r"クラッシュ|シンバル|тарелк[аи]|镲|심벌", 49),
    (r"floor ?toms?", 41),
    (r"low ?toms?|lo ?toms?", 45),
    (r"hi(?:gh)? ?toms?", 50),
    (r"(?:mid(?:dle)? ?)?tom(?:s|-?toms?)?|タム", 47),
    (r"cow ?bells?|カウベル", 56),
    (r"tambourines?|tamb|pandereta|pandeiro|schellenkranz|タンバリン", 54),
    (r"shakers?|maracas|シェイカー|マラカス", 70),
    (r"congas?|コンガ", 63),
    (r"bongos?|ボンゴ", 60),
    (r"timbales?", 65),
    (r"cabasa", 69),
    (r"guiro|guero", 73),
    (r"claves?", 75),
    (r"wood ?blocks?", 76),
    (r"cajon|djembe|tabla|taiko|darbuka|surdo", 64),
)  # fmt: skip
_PIECE_PATTERNS: Final = tuple((re.compile(pattern), key) for pattern, key in _PIECES)
# Words beside the drum's own that say nothing else.
_BESIDE: Final = re.compile(
    r"\b(?:acoustic|electric|electronic|synth|soft|hard|ghost|main|sub|top|loop|left|right|[lr]|"
    r"in|out|one|two|stem|track|midi|audio|inst|sample|layer|mute|muted|808|909|tr|gm|standard|power|"
    r"room|jazz|brush|kit|perc|percussion)\b|\([^)]*\)|[\d#._:/-]+"
)
_NO_ACCENTS: Final = str.maketrans({"ø": "o", "\u0131": "i", "ł": "l"})
_DRUM: Final = re.compile(r"\bdrums?\b")


def names_kit(name: str) -> bool:
    """Return whether a track's name says that it plays drums of several kinds.

    Examples
    --------
    >>> [names_kit(name) for name in ("Drum Kit", "Batería", "ドラムス", "Steel Drums")]
    [True, True, True, False]
    """
    plain = _plain(name)
    return bool(_KITS.search(plain)) and not _NO_KITS.search(plain)


_PITCHED: Final = re.compile(
    r"\b(?:[lr]\.?h\.?|left|right|hands?|mano|piano|klavier|guit?ar|gtr|bass|organ|"
    r"strings?|synth|lead|melody|vocals?|voice|harp|flute|violins?|violas?|cellos?)\b"
)


def names_pitched(name: str) -> bool:
    """Return whether a track's name says that it plays pitches, such as a pianist's left hand.

    Examples
    --------
    >>> [names_pitched(name) for name in ("Piano LH", "Bass", "Track 3")]
    [True, True, False]
    """
    return _PITCHED.search(_plain(name)) is not None


def named_drum(name: str) -> int | None:
    """Return the General MIDI key of the one drum that a track's name names, None if it does not.

    A name that says anything else besides is no drum's.

    Examples
    --------
    >>> [named_drum(name) for name in ("Kick 01", "Open Hat", "スネア", "Sleigh Ride", "Lead")]
    [36, 46, 38, None, None]
    """
    plain = _plain(name)
    bare = _BESIDE.sub(" ", plain)
    for text in (plain, bare, _DRUM.sub(" ", bare)):
        text = re.sub(r"[\s&+,-]+", " ", text).strip()
        for pattern, key in _PIECE_PATTERNS:
            if text and pattern.fullmatch(text):
                return key
    return None


def _plain(name: str) -> str:
    """Return a name in small letters without accents; marks of other scripts stay."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(c for c in letters if not "\u0300" <= c <= "\u036f")
    return unicodedata.normalize("NFKC", kept.translate(_NO_ACCENTS))
