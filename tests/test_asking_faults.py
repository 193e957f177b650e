"""What is wrong with what a recipe asks is told at once, each fault with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from trees import vtencode

from vtencode.errors import RecipeError
from vtencode.recipe import load_mix, load_recipe

NAMES = ", ".join(f"n{at}" for at in range(30))

RECIPE = f"""\
name: faulty
source: {{name: scenes}}
tasks:
  - task: semantic
    instructions: ["Paint {{legend}}", "Paint the {{clases}}. {{legend}}"]
  - task: semantic
    name: alike
    options: {{fixed: true}}
    codec: {{name: semantic, params: {{vocabulary: [a, b], colors: [red, "#ff0000"]}}}}
  - task: semantic
    name: many
    options: {{fixed: true}}
    codec: {{name: semantic, params: {{palette: voc, vocabulary: [{NAMES}]}}}}
  - task: depth
    instructions: []
  - task: instance
    codec: {{name: instances, params: {{background: [9, 9, 9]}}}}
  - task: instance
    name: empty
    options: {{negatives: 2}}
framing: {{resize: sideways}}
heldout: 0
"""

MIX = """\
name: faults
recipes:
  - recipe: scenes
    weight: 0
    tasks: {depth: 0.5, normal: 0.5}
  - recipe: nowhere
    weight: -1
  - recipe: faulty.yaml
    weight: 1
    repeats: 0
leak_guard: {against: [nobody]}
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "faulty.yaml").write_text(RECIPE)
    (tmp_path / "faults.yaml").write_text(MIX)
    return tmp_path


def faults(load, path: Path) -> list[tuple[int | None, str, str]]:
    with pytest.raises(RecipeError) as caught:
        load(path)
    return list(caught.value.faults)


#: Line, path, and words of the message.
TOLD = [
    (5, "tasks.0.instructions.1", "{clases}. Did you mean {classes}?"),
    (9, "tasks.1.codec", "'a' and 'b' must have different colors"),
    (13, "tasks.2.codec", "has colors for 21 classes, got 30"),
    (15, "tasks.3.instructions", "must hold at least one instruction"),
    (17, "tasks.4.codec.params.background", "must be left out: each pair draws its own"),
    (20, "tasks.5.options", "negatives must be 0 to 1"),
    (21, "framing.resize", "must be one of 'auto', 'bucket'"),
]


def test_every_fault_of_what_a_recipe_asks_is_told_with_its_line(folder):
    found = faults(load_recipe, folder / "faulty.yaml")

    assert [fault[:2] for fault in found] == [told[:2] for told in TOLD], found
    for (_, _, message), (_, _, words) in zip(found, TOLD, strict=True):
        assert words in message


def test_every_fault_of_a_mix_and_of_its_recipes_is_told_with_its_line(folder):
    found = faults(load_mix, folder / "faults.yaml")

    assert [fault[:2] for fault in found] == [
        (4, "recipes.0.weight"),
        (5, "recipes.0.tasks.normal"),
        (6, "recipes.1.recipe"),
        (7, "recipes.1.weight"),
        *[(8, "recipes.2.recipe")] * len(TOLD),
        (10, "recipes.2.repeats"),
        (11, "leak_guard.against.0"),
    ]
    assert found[2][2].startswith("nowhere: must be a shipped recipe or a file.")
    for (line, path, words), (_, _, message) in zip(TOLD, found[4:-2], strict=True):
        assert message.startswith(f"faulty.yaml, line {line}: {path} ")
        assert words in message


def test_the_command_tells_them_all_and_exits_2(folder):
    code, stdout, stderr = vtencode("build", folder / "faulty.yaml", "--out", folder / "o")

    assert (code, stdout) == (2, "")
    assert f"faulty.yaml has {len(TOLD)} faults:" in stderr
    for line, path, words in TOLD:
        (told,) = [text for text in stderr.splitlines() if text.startswith(f"  line {line} ")]
        assert path in told
        assert words in told
    assert not (folder / "o").exists()
