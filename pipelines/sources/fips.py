"""Codes and names of states and counties: five-digit FIPS text, and counties found by free-text names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from pipelines.reference.county_editions import county_changes

# ANSI INCITS 38 codes of the states, the District and the territories.
# fmt: off
STATES: dict[str, tuple[str, str]] = {
    "AL": ("01", "Alabama"), "AK": ("02", "Alaska"), "AZ": ("04", "Arizona"), "AR": ("05", "Arkansas"),
    "CA": ("06", "California"), "CO": ("08", "Colorado"), "CT": ("09", "Connecticut"), "DE": ("10", "Delaware"),
    "DC": ("11", "District of Columbia"), "FL": ("12", "Florida"), "GA": ("13", "Georgia"), "HI": ("15", "Hawaii"),
    "ID": ("16", "Idaho"), "IL": ("17", "Illinois"), "IN": ("18", "Indiana"), "IA": ("19", "Iowa"),
    "KS": ("20", "Kansas"), "KY": ("21", "Kentucky"), "LA": ("22", "Louisiana"), "ME": ("23", "Maine"),
    "MD": ("24", "Maryland"), "MA": ("25", "Massachusetts"), "MI": ("26", "Michigan"), "MN": ("27", "Minnesota"),
    "MS": ("28", "Mississippi"), "MO": ("29", "Missouri"), "MT": ("30", "Montana"), "NE": ("31", "Nebraska"),
    "NV": ("32", "Nevada"), "NH": ("33", "New Hampshire"), "NJ": ("34", "New Jersey"), "NM": ("35", "New Mexico"),
    "NY": ("36", "New York"), "NC": ("37", "North Carolina"), "ND": ("38", "North Dakota"), "OH": ("39", "Ohio"),
    "OK": ("40", "Oklahoma"), "OR": ("41", "Oregon"), "PA": ("42", "Pennsylvania"), "RI": ("44", "Rhode Island"),
    "SC": ("45", "South Carolina"), "SD": ("46", "South Dakota"), "TN": ("47", "Tennessee"), "TX": ("48", "Texas"),
    "UT": ("49", "Utah"), "VT": ("50", "Vermont"), "VA": ("51", "Virginia"), "WA": ("53", "Washington"),
    "WV": ("54", "West Virginia"), "WI": ("55", "Wisconsin"), "WY": ("56", "Wyoming"),
    "AS": ("60", "American Samoa"), "GU": ("66", "Guam"), "MP": ("69", "Northern Mariana Islands"),
    "PR": ("72", "Puerto Rico"), "VI": ("78", "Virgin Islands"),
}
# fmt: on
TERRITORIES = ("AS", "GU", "MP", "PR", "VI")
STATE_OF_PREFIX: dict[str, str] = {code: state for state, (code, _) in STATES.items()}
_STATE_OF_NAME: dict[str, str] = {name.upper(): state for state, (_, name) in STATES.items()}

_MISSING = {"", "-", ".", "?", "NA", "N/A", "NONE", "NULL", "TBD", "TBA", "VARIOUS", "MULTIPLE"} | {
    "UNKNOWN",
    "NOT SPECIFIED",
}
_SUFFIX = re.compile(
    r"\s+(?:CITY AND BOROUGH|PLANNING REGION|CENSUS AREA|MUNICIPALITY|MUNICIPIO|BOROUGH|PARISH(?:ES)?|COUNT(?:Y|IES)"
    r"|CNTY|CO)\.?$"
)
_PREFIX = re.compile(r"^(?:(?:COUNT(?:Y|IES)|PARISH|BOROUGH) OF|THE)\s+")
_CITY_OF = re.compile(r"^CITY OF\s+(.+)$")
_SAINT = re.compile(r"\bST(E?)\b\.?(?=[\s-]*\w)")
_HARD_SEPARATORS = re.compile(r"\s*[,;/|\n\r]+\s*|\s+-\s+")
_SOFT_SEPARATORS = re.compile(r"\s*(?:&|\+|\band\b)\s*", re.IGNORECASE)
_HYPHEN = re.compile(r"\s*-\s*")
_STATES_APART = re.compile(r"[^A-Za-z]+")
# Everyday names of county-equivalents that no list of counties carries.
_EVERYDAY = {
    ("NY", "MANHATTAN"): "NEWYORK",
    ("NY", "BROOKLYN"): "KINGS",
    ("NY", "STATENISLAND"): "RICHMOND",
    ("NY", "NY"): "NEWYORK",
    ("DC", "WASHINGTON"): "DISTRICTOFCOLUMBIA",
    ("DC", "WASHINGTONDC"): "DISTRICTOFCOLUMBIA",
}
_SHORTEST_CORRECTED = 5


def state_code(text: str | None) -> str | None:
    """Return the two-letter code of a state given as code or name, None where it is neither."""
    if text is None:
        return None
    known = " ".join(str(text).split()).strip(".").upper()
    return known if known in STATES else _STATE_OF_NAME.get(known)


def fips_text(value: object) -> str | None:
    """Return a county code as text of five digits, with leading zeros that a spreadsheet dropped put back.

    Parameters
    ----------
    value : object
        For example "01001", 1001, "1001.0" or "C01001".

    Returns
    -------
    str | None
        None where the value is no county code: not four or five digits, or of no known state.
    """
    digits = re.fullmatch(r"C?(\d{4,5})(?:\.0+)?", str(value).strip())
    if digits is None:
        return None
    code = digits[1].zfill(5)
    return code if code[:2] in STATE_OF_PREFIX else None


def fips_column(name: str) -> pl.Expr:
    """Return `fips_text` of a column of text or numbers as an expression."""
    digits = pl.col(name).cast(pl.String).str.strip_chars().str.extract(r"^C?(\d{4,5})(?:\.0+)?$", 1).str.zfill(5)
    return pl.when(digits.str.slice(0, 2).is_in(list(STATE_OF_PREFIX))).then(digits).alias(name)


def state_of_fips(name: str) -> pl.Expr:
    """Return the two-letter state of a column of five-digit codes as an expression."""
    return pl.col(name).str.slice(0, 2).replace_strict(STATE_OF_PREFIX, default=None, return_dtype=pl.String)


def normalise_county(name: str | None, state: str | None = None) -> str:
    """Return the form in which county names are compared, "" where the text names none.

    Upper case without accents, blanks and punctuation; the kind of county dropped; "St." written out, so that
    "De Kalb" equals "DeKalb" and "St. John the Baptist Parish" equals "Saint John The Baptist". "City" stays: Fairfax
    city and Fairfax County are two places.

    Parameters
    ----------
    name : str | None
        One county as a source writes it.
    state : str | None
        Its state as code or name; a trailing mention of it is dropped.
    """
    text = _plain(name)
    if text in _MISSING:
        return ""
    text = re.sub(r"\((CITY|COUNTY|PARISH)\)", r"\1", text)
    code = state_code(state)
    if code is not None:
        text = re.sub(rf"\s*[,(]\s*(?:{code}|{STATES[code][1].upper()})\s*\)?$", "", text)
    text = _PREFIX.sub("", re.sub(r"\s*\([^)]*\)$", "", text).strip())
    text = _CITY_OF.sub(r"\1 CITY", text)
    text = _SUFFIX.sub("", text.replace("&", " AND "))
    text = _SAINT.sub(r"SAINT\1 ", text)
    return re.sub(r"[^A-Z0-9]", "", text)


@dataclass(frozen=True)
class CountyMatch:
    """What a free-text county field names.

    Attributes
    ----------
    fips : tuple[str, ...]
        Codes of the counties found, in the order of the text, each once.
    unmatched : tuple[str, ...]
        Parts of the text that name no county of the state.
    corrected : tuple[str, ...]
        Parts that were found only by putting one letter right.
    """

    fips: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    corrected: tuple[str, ...] = ()


@dataclass(frozen=True)
class CountyIndex:
    """Counties of an edition by state and compared name; make it with `counties_by_name`."""

    codes: Mapping[tuple[str, str], str]
    keys_of_state: Mapping[str, tuple[str, ...]] = field(repr=False)
    _seen: dict[tuple[str | None, str | None], CountyMatch] = field(default_factory=dict, repr=False, compare=False)

    def code(self, name: str | None, state: str | None) -> str | None:
        """Return the code of one county, None where the state has none of that name."""
        known = state_code(state)
        return self._code(name, known)[0] if known is not None else None

    def find(self, text: str | None, state: str | None) -> CountyMatch:
        """Return every county that a free-text field names.

        The whole text is tried first ("King and Queen", "Lewis & Clark"), then its parts between `,` `;` `/` and line
        ends; parts that are still no county are split at `&` and `and`, then at hyphens.

        Parameters
        ----------
        text : str | None
            For example "Kenosha County,Racine County"; blank and "Unknown" name nothing.
        state : str | None
            State as code or name, or several ("NY-NJ"): a part must then be a county of just one of them. Without a
            state nothing can be matched.
        """
        asked = (text, state)
        if asked not in self._seen:
            self._seen[asked] = self._find(text, state)
        return self._seen[asked]

    def _find(self, text: str | None, state: str | None) -> CountyMatch:
        if text is None or _plain(text) in _MISSING:
            return CountyMatch()
        whole = state_code(state)
        states = [whole] if whole else [code for part in _STATES_APART.split(state or "") if (code := state_code(part))]
        found: dict[str, None] = {}
        unmatched: list[str] = []
        corrected: list[str] = []
        for part in self._parts(text, states):
            hits = [hit for code in states if (hit := self._code(part, code))[0] is not None]
            if len(hits) != 1:
                unmatched.append(part)
                continue
            found.setdefault(str(hits[0][0]))
            if hits[0][1]:
                corrected.append(part)
        return CountyMatch(tuple(found), tuple(unmatched), tuple(corrected))

    def _parts(self, text: str, states: list[str]) -> list[str]:
        """Return the pieces of the text that each name one county, or none of these states."""

        def names_one(piece: str) -> bool:
            return any(self._code(piece, state)[0] is not None for state in states)

        def is_place(piece: str) -> bool:
            return normalise_county(piece) != "" and state_code(piece) not in states

        text = " ".join(text.split("\t")).strip()
        if any((state, normalise_county(text, state)) in self.codes for state in states):
            return [text]
        parts = [piece for piece in _HARD_SEPARATORS.split(text) if is_place(piece)]
        for separator in (_SOFT_SEPARATORS, _HYPHEN):
            parts = [
                piece
                for part in parts
                for piece in ([part] if names_one(part) else separator.split(part))
                if is_place(piece)
            ]
        return parts

    def _code(self, name: str | None, state: str | None) -> tuple[str | None, bool]:
        """Return the code and whether a letter had to be put right."""
        if state is None:
            return None, False
        key = normalise_county(name, state)
        key = _EVERYDAY.get((state, key), key)
        for tried in (key, key.removesuffix("CITY")):
            if (state, tried) in self.codes:
                return self.codes[state, tried], False
        if len(key) < _SHORTEST_CORRECTED:
            return None, False
        near = {self.codes[state, other] for other in self.keys_of_state.get(state, ()) if _is_one_edit(key, other)}
        return (near.pop(), True) if len(near) == 1 else (None, False)


def counties_by_name(counties: pl.DataFrame) -> CountyIndex:
    """Return an index that finds counties by state and name.

    Parameters
    ----------
    counties : pl.DataFrame
        county_fips, county_name, state (two letters): one edition, as in contract `core.counties`.

    Returns
    -------
    CountyIndex
        Also knows the counties of other editions: one that is only named or merged otherwise gives the code of this
        edition, one that was split (Connecticut's) its own code, which `county_editions.crosswalk` carries over.
    """
    codes: dict[tuple[str, str], str] = {}
    rows = list(counties.select("state", "county_name", "county_fips").iter_rows())
    for state, name, code in rows:
        codes.setdefault((state, normalise_county(name, state)), code)
    # An independent city without a county of its name is found without the word "city" too.
    for state, name, code in rows:
        key = normalise_county(name, state)
        if key.endswith("CITY") and not name.upper().endswith("COUNTY"):
            codes.setdefault((state, key.removesuffix("CITY")), code)
    held = set(counties["county_fips"])
    for state, name, code, stand_in in _of_other_editions(county_changes(), held):
        codes.setdefault((state, normalise_county(name, state)), stand_in or code)
    by_state: dict[str, list[str]] = {}
    for state, key in codes:
        by_state.setdefault(state, []).append(key)
    return CountyIndex(codes, {state: tuple(keys) for state, keys in by_state.items()})


def _of_other_editions(changes: pl.DataFrame, held: set[str]) -> Iterable[tuple[str, str, str, str | None]]:
    """Yield state, name and code of the counties that other editions list, and the held county that is the same one.

    A county that went whole into another is found as that one. One that was split, or made from parts, is not the same
    as any other.
    """
    successors = changes.group_by("old_fips").agg("new_fips")
    whole = {old: new[0] for old, new in successors.iter_rows() if len(new) == 1}
    parts = dict(changes.group_by("new_fips").len().iter_rows())
    for row in changes.iter_rows(named=True):
        old, new = row["old_fips"], row["new_fips"]
        is_same = whole.get(old) == new
        if old not in held:
            yield row["state"], row["old_name"], old, new if is_same and new in held else None
        if new not in held:
            yield row["state"], row["new_name"], new, old if is_same and parts[new] == 1 and old in held else None


def _plain(text: str | None) -> str:
    """Return the text in upper case, without accents, with single blanks."""
    bare = unicodedata.normalize("NFKD", text or "").encode("ascii", "ignore").decode("ascii")
    return " ".join(bare.upper().split())


def _is_one_edit(one: str, other: str) -> bool:
    """Return whether one letter added, dropped, changed or two neighbours swapped make one text the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    if len(one) == len(other):
        apart = [place for place in range(len(one)) if one[place] != other[place]]
        if len(apart) == 1:
            return True
        return (
            len(apart) == 2
            and apart[1] == apart[0] + 1
            and one[apart[0]] == other[apart[1]]
            and one[apart[1]] == other[apart[0]]
        )
    short, long = sorted((one, other), key=len)
    start = next((place for place in range(len(short)) if short[place] != long[place]), len(short))
    return short[start:] == long[start + 1 :]
