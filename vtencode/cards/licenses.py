"""Licenses in the words of the Hub, which knows some by an id and calls all others `other`."""

from __future__ import annotations

#: Ids for `license:` in a card (Hub documentation, "Licenses"), without `other`.
HUB_LICENSES = frozenset(
    """
    afl-3.0 agpl-3.0 apache-2.0 artistic-2.0 bigcode-openrail-m bigscience-bloom-rail-1.0
    bigscience-openrail-m bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear bsl-1.0 c-uda cc
    cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0
    cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cc-by-nd-4.0
    cc-by-sa-3.0 cc-by-sa-4.0 cc0-1.0 cdla-permissive-1.0 cdla-permissive-2.0 cdla-sharing-1.0
    creativeml-openrail-m deepfloyd-if-license ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 gemma
    gfdl gpl gpl-2.0 gpl-3.0 isc lgpl lgpl-2.1 lgpl-3.0 lgpl-lr llama2 lppl-1.3c mit mpl-2.0
    ms-pl ncsa odbl odc-by ofl-1.1 openrail openrail++ osl-3.0 pddl postgresql unknown unlicense
    wtfpl zlib
    """.split()  # noqa: SIM905  # 70 lines otherwise
)

#: What licenses that have an id are called, where it is not the id itself.
_TITLES = {
    "creative commons attribution-sharealike 3.0 unported license": "cc-by-sa-3.0",
    "not stated: ask the owner of the data": "unknown",
}


def hub_license(text: str) -> str | None:
    """The Hub's id for a license in its authors' words; None where they say anything more.

    >>> hub_license("CC BY-NC-SA 4.0"), hub_license("annotations CC BY 4.0; images: Flickr")
    ('cc-by-nc-sa-4.0', None)
    """
    words = text.strip().lower()
    name = _TITLES.get(words, words.replace(" ", "-"))
    return name if name in HUB_LICENSES else None
