"""The description of a dataset for programs: `croissant.json`, MLCommons Croissant 1.0."""

from __future__ import annotations

from typing import Any

from vtencode.cards.facts import Manifest, format_of, settled, tasks, title
from vtencode.cards.record_sets import DESCRIBED

#: The context of every Croissant 1.0 file (its specification, appendix 1).
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(manifest: Manifest) -> dict[str, Any]:
    """The dataset as JSON-LD: files with their hashes, and the records in them.

    When it was published, and as which version, is for whoever publishes it to say.
    """
    manifest = settled(manifest)
    parts = manifest["parts"]
    described = DESCRIBED.get(format_of(manifest))
    distribution, record_sets = described(manifest) if described else ([], [])
    told = {
        "license": list(dict.fromkeys(part["license"] for part in parts if part["license"])),
        "citeAs": manifest["citation"],
        "isBasedOn": list(dict.fromkeys(part["home"] for part in parts if part["home"])),
    }
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": title(manifest),
        "description": f"{manifest['counts']['written']} pairs of an image, an instruction, and "
        f"an image that answers it: {', '.join(tasks(manifest))}.",
        **{name: value for name, value in told.items() if value},
        "keywords": ["image editing", *tasks(manifest)],
        "distribution": distribution,
        "recordSet": record_sets,
    }
