"""The card of a dataset: `README.md`, as a pure function of the manifest."""

from __future__ import annotations

from vtencode.cards.codec_table import origins
from vtencode.cards.creation import creation
from vtencode.cards.facts import Manifest, asked, hub_split, settled, tasks, title
from vtencode.cards.front_matter import front_matter
from vtencode.cards.languages import in_english
from vtencode.cards.limits import limits
from vtencode.cards.markdown import code, counted, plain, sections, table
from vtencode.cards.reading import reading
from vtencode.cards.structure import structure
from vtencode.cards.yaml_text import yaml_text

_COUNTS = ("planned", "written", "rejected", "filtered")


def card(manifest: Manifest) -> str:
    """The text of the card: YAML for the Hub, and what people need to know.

    Everything in it is in the manifest or follows from it, but for what codecs, sources and fields
    say of themselves. Raises `SpecError` where a codec is not installed, or in another version.
    """
    manifest = settled(manifest)
    parts = (
        f"---\n{yaml_text(front_matter(manifest))}---",
        f"# {plain(title(manifest))}",
        _summary(manifest),
        _details(manifest),
        reading(manifest),
        structure(manifest),
        creation(manifest),
        limits(manifest),
        _citation(manifest),
    )
    return sections(*parts) + "\n"


def _summary(manifest: Manifest) -> str:
    pairs = counted(manifest["counts"]["written"], "pair")
    asks = ", ".join(map(code, tasks(manifest)))
    return (
        f"{pairs} for image editors that learn to see: an image, an instruction, and an image "
        f"that answers it. Asked for: {asks}. The answers are codes: each decodes back to what it "
        "stands for. `vtencode` decoded every one as it wrote it, and found it within the bound "
        "that its codec states."
    )


def _details(manifest: Manifest) -> str:
    counts, split, named = manifest["counts"], manifest["split"], hub_split(manifest)
    facts = [
        *(["- **Language(s) (NLP):** English"] if in_english(manifest) else []),
        *(f"- **License** of {code(name)}: {text}" for name, text in _licenses(manifest)),
        f"- **Split:** {code(split)}{'' if named == split else f', for the Hub {code(named)}'}",
    ]
    total = (
        f"{counted(counts['planned'], 'pair')} planned = {counts['written']:,} written + "
        f"{counts['rejected']:,} rejected + {counts['filtered']:,} filtered."
    )
    rows = [
        [code(each.recipe["recipe"]), code(each.task["name"])]
        + [f"{each.counts[name]:,}" for name in _COUNTS]
        for each in asked(manifest)
    ]
    by_task = table(["recipe", "task", *(f"{name}:" for name in _COUNTS)], rows)
    return sections(
        "## Dataset Details", "\n".join(facts), "### Dataset Description", total, by_task
    )


def _licenses(manifest: Manifest) -> list[tuple[str, str]]:
    """The terms of each dataset, in its authors' words."""
    told = [(part["dataset"], plain(part["license"]) or "not told") for part in manifest["parts"]]
    return list(dict.fromkeys(told))


def _citation(manifest: Manifest) -> str:
    """Everybody whose work is in here, as they ask to be cited."""
    cited = [part["citation"] for part in manifest["parts"] if part["citation"]]
    data = "\n".join(f"- {plain(text)}" for text in dict.fromkeys(cited))
    encodings = "\n".join(f"- {plain(text)}" for text in origins(manifest))
    return sections(
        "## Citation",
        "The data:" if data else "",
        data,
        "How they are painted:" if encodings else "",
        encodings,
    )
