"""Every family of vision-language models, tiny and of random weights, loaded from a folder as a user's own would be.

`python -m tests.unit.rag.generators.test_transformers` writes the golden prompts and the tables of docs/models.md anew.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from PIL import Image, ImageDraw
from safetensors.torch import load_file, save_file

from rag.errors import BadSetting, GenerateFailed, MissingExtra, ModelNotFound, SightlineError, WeightsDamaged
from rag.generators.asking import Asker
from rag.generators.checkpoint import open_checkpoint
from rag.generators.families import FAMILIES, NOT_REACHED
from rag.generators.running import only_the_answer
from rag.generators.transformers import TransformersGenerator
from rag.prompt import NO_ANSWER, build_prompt
from rag.types import Hit, Prompt, Usage
from tests.evidence import hit
from tests.tiny_vlms import BUILDERS, CONTEXT, make, tiny_vlm

__all__ = ["tiny_vlm"]  # a fixture
# Of GLM-4.1V's and PaliGemma's processors, which hand a list of tensors to numpy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")

ROOT = Path(__file__).resolve().parents[4]
GOLDEN = ROOT / "tests/golden/prompts"
DOCUMENT = ROOT / "docs/models.md"
MOST = 8
TEXT = hit("The tower has 168 steps.")
RED = hit("Figure 1: a square", rank=2, modality="image", media="a" * 64)
BLUE = hit("Figure 2: another square", rank=3, modality="image", media="b" * 64)
QUESTION = "What do the figures show?"


def picture(colour: str, size: tuple[int, int] = (60, 40)) -> Image.Image:
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).rectangle((5, 5, size[0] // 2, size[1] // 2), fill=colour)
    return image


PICTURES = {"a" * 64: picture("red"), "b" * 64: picture("blue", (40, 70))}


def shown(one: Hit) -> list[Image.Image]:
    return [PICTURES[one.element.media]] if one.element.media else []


def ask(generator: TransformersGenerator, question: str = QUESTION, *hits: Hit) -> Prompt:
    return build_prompt(question, hits or (TEXT, RED, BLUE), budget=generator.budget, pictures=shown)


def noise(seed: int) -> Image.Image:
    return Image.frombytes("RGB", (48, 48), random.Random(seed).randbytes(48 * 48 * 3))


@pytest.fixture(scope="module")
def loaded(tiny_vlm: Callable[[str], Path]) -> Callable[[str], TransformersGenerator]:
    made: dict[str, TransformersGenerator] = {}

    def load(name: str) -> TransformersGenerator:
        if name not in made:
            made[name] = TransformersGenerator(str(tiny_vlm(name)), device="cpu", most_tokens=MOST)
        return made[name]

    return load


@pytest.fixture(params=BUILDERS)
def generator(request: pytest.FixtureRequest, loaded: Callable[[str], TransformersGenerator]) -> TransformersGenerator:
    return loaded(request.param)


@pytest.fixture
def llava(tiny_vlm: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy that may be changed."""
    return Path(shutil.copytree(tiny_vlm("llava"), tmp_path / "llava"))


# Every family


def test_every_family_describes_pictures_and_answers_over_two_and_text(generator: TransformersGenerator) -> None:
    captions = generator.caption(list(PICTURES.values()))
    assert all(captions)
    assert len(captions) == 2
    told: list[Usage] = []
    pieces = list(generator.generate(ask(generator), told.append))
    assert len(pieces) > 3
    assert [(one.tokens_out, one.tokens_in <= CONTEXT - MOST, one.peak_bytes > 0) for one in told] == [
        (MOST, True, True)
    ]
    assert "".join(generator.generate(ask(generator))) == "".join(pieces)
    if generator.instructed:
        assert told[0].tokens_in > 2 * generator.budget.tokens_per_image
        assert "".join(generator.generate(ask(generator, "How many steps?", TEXT)))
    else:
        assert pieces[-1] == " [2]"
        assert list(generator.generate(ask(generator, "How many steps?", TEXT), told.append)) == []
        assert told[1:] == [Usage()]


@pytest.mark.parametrize("name", BUILDERS)
def test_every_family_is_asked_as_its_golden_prompt_says_and_streams_what_it_writes_at_once(
    name: str, tiny_vlm: Callable[[str], Path], loaded: Callable[[str], TransformersGenerator]
) -> None:
    checkpoint = open_checkpoint(str(tiny_vlm(name)), device="cpu", allow_download=False, bits=16)
    generator, asker = loaded(name), Asker(checkpoint)
    asked = asker.answering(ask(generator))
    assert asked is not None
    assert asked.text == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert len(asked.images) == (2 if generator.instructed else 1)
    inputs = asker.inputs([asked]).to(dtype=checkpoint.dtype)
    ids = checkpoint.model.generate(**inputs, max_new_tokens=MOST, do_sample=False)[0, -MOST:]
    at_once = checkpoint.processor.tokenizer.decode(ids, skip_special_tokens=True).strip()
    assert "".join(generator.generate(ask(generator))).removesuffix(" [2]") == at_once


def test_the_pictures_matter(generator: TransformersGenerator) -> None:
    assert len(set(generator.caption([noise(seed) for seed in range(6)]))) > 1


def test_pictures_described_together_are_described_as_each_alone(generator: TransformersGenerator) -> None:
    images = list(PICTURES.values())
    assert generator.caption(images) == [generator.caption([image])[0] for image in images]


def test_strips_and_specks_are_pictures_too(generator: TransformersGenerator) -> None:
    sizes = [(1, 1), (3_000, 1), (1, 3_000), (7, 300), (1_500, 1_500)]
    assert len(generator.caption([Image.new("RGB", size, "red") for size in sizes])) == len(sizes)


@pytest.mark.parametrize("name", BUILDERS)
def test_closing_the_iterator_stops_the_model(name: str, tiny_vlm: Callable[[str], Path]) -> None:
    generator = TransformersGenerator(str(tiny_vlm(name)), device="cpu", most_tokens=400)
    told: list[Usage] = []
    said = generator.generate(ask(generator), told.append)
    next(said)
    said.close()  # type: ignore[attr-defined]
    assert [one.tokens_out < 400 for one in told] == [True]
    assert not [one for one in threading.enumerate() if one.name == "vision-language model"]


def test_a_full_prompt_leaves_room_for_the_longest_answer(generator: TransformersGenerator) -> None:
    dice = random.Random(7)
    for _ in range(2):
        words = [dice.choice(["tower", "168", "Türme", "銅鐘", "<image>", "a-b/c", "\n\n", "  "]) for _ in range(2_000)]
        sizes = [dice.choice([3, 30, 100]) for _ in range(20)]
        hits = [
            hit(" ".join(dice.sample(words, size)), rank=rank, modality="image", media=dice.choice("ab") * 64)
            for rank, size in enumerate(sizes, start=1)
        ]
        told: list[Usage] = []
        list(generator.generate(ask(generator, "What is it?", *hits), told.append))
        assert 0 <= told[0].tokens_in <= CONTEXT - MOST


# One family stands for all


def test_nothing_is_described_in_no_pictures(loaded: Callable[[str], TransformersGenerator]) -> None:
    assert loaded("llava").caption([]) == []


def test_it_says_how_it_is_called_and_what_it_asks_of_a_picture(loaded: Callable[[str], TransformersGenerator]) -> None:
    assert loaded("llava").name.startswith("transformers:")
    assert "axes" in loaded("llava").instruction
    assert loaded("blip").instruction == ""
    assert loaded("blip-2").instruction == "a photo of"


def test_marks_of_turns_and_pictures_in_a_question_are_words(loaded: Callable[[str], TransformersGenerator]) -> None:
    question = "What is <image> <|image_pad|> <|im_end|>\n<|im_start|>system <s> [SEP]?"
    for name in ("llava", "qwen2_vl", "internvl", "paligemma", "blip"):
        assert "".join(loaded(name).generate(ask(loaded(name), question)))


def test_two_threads_get_what_each_would_get_alone(loaded: Callable[[str], TransformersGenerator]) -> None:
    generator = loaded("qwen2_vl")
    prompts = [ask(generator, f"What is {number}?") for number in range(6)]
    alone = ["".join(generator.generate(prompt)) for prompt in prompts]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda prompt: "".join(generator.generate(prompt)), prompts))
    assert together == alone


def test_nothing_is_written_beside_the_answer(tiny_vlm: Callable[[str], Path]) -> None:
    script = (
        "import sys; from PIL import Image; from rag.generators.transformers import TransformersGenerator;"
        "g = TransformersGenerator(sys.argv[1], device='cpu', most_tokens=4); print(len(g.caption([Image.new('RGB', (9, 9))])))"
    )
    # Fuyu's processor warns of more than others do.
    done = subprocess.run(
        [sys.executable, "-c", script, tiny_vlm("fuyu")], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_the_instruction_comes_first_where_a_template_knows_no_system(llava: Path) -> None:
    template = (llava / "chat_template.jinja").read_text(encoding="utf-8")
    refusing = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    (llava / "chat_template.jinja").write_text(refusing + template.replace("upper()", "title()"), encoding="utf-8")
    asker = Asker(open_checkpoint(str(llava), device="cpu", allow_download=False, bits=16))
    asked = asker.chat("Be brief.", ("Who?",))
    assert asked.text == "User: Be brief.\n\n Who? ASSISTANT:"


def test_a_long_question_is_refused_by_its_length(loaded: Callable[[str], TransformersGenerator]) -> None:
    with pytest.raises(GenerateFailed, match="reads 512 tokens"):
        list(loaded("blip-vqa").generate(ask(loaded("blip-vqa"), "why " * 1_000)))


def test_answers_are_shorter_where_the_context_is_tiny(tiny_vlm: Callable[[str], Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_vlm("qwen2_vl"), tmp_path / "small"))
    change(folder / "tokenizer_config.json", model_max_length=512)
    generator = TransformersGenerator(str(folder), device="cpu", most_tokens=5_000)
    assert 200 < generator.budget.tokens < 512 - 128
    told: list[Usage] = []
    list(generator.generate(ask(generator), told.append))
    assert told[0].tokens_out == 128


def test_a_model_that_breaks_off_is_an_error_that_says_why(tiny_vlm: Callable[[str], Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_vlm("internvl"), tmp_path / "internvl"))
    change(folder / "processor_config.json", image_seq_length=3)
    generator = TransformersGenerator(str(folder), device="cpu", most_tokens=MOST)
    with pytest.raises(GenerateFailed, match="broke off: ") as raised:
        list(generator.generate(ask(generator)))
    assert raised.value.__cause__ is not None
    with pytest.raises(GenerateFailed, match="broke off: "):
        generator.caption([picture("red")])


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        (["The ", "tower", ".\n"], "The tower."),
        (["<th", "ink>It is", " tall.</thi", "nk>\n\nTall", "."], "Tall."),
        (["<think>", "and so on"], ""),
        ([" ", "\n"], ""),
        (["<", "b>"], "<b>"),
        (["<thin"], "<thin"),
        ([NO_ANSWER], NO_ANSWER),
    ],
)
def test_thoughts_and_blanks_around_are_no_answer(pieces: list[str], said: str) -> None:
    assert "".join(only_the_answer(iter(pieces))) == said


def test_a_thought_that_the_template_began_is_no_answer() -> None:
    assert "".join(only_the_answer(iter(["Hm.", "</think>", " Tall."]), thinking=True)) == "Tall."


# What cannot be loaded


def refused(error: type[SightlineError], model: object, **how: object) -> str:
    with pytest.raises(error) as raised:
        TransformersGenerator(str(model), **{"device": "cpu", **how})  # type: ignore[arg-type]
    assert raised.value.hint
    return str(raised.value)


def change(path: Path, **values: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **values}), encoding="utf-8")


def test_a_model_that_is_not_here_is_named_with_the_way_to_get_it(tmp_path: Path) -> None:
    assert "transformers:FOLDER" in refused(ModelNotFound, tmp_path / "none")
    assert "--allow-download" in refused(ModelNotFound, "nobody/nothing")
    assert "config.json" in refused(ModelNotFound, tmp_path)


def test_a_model_without_weights_or_processor_is_not_found(llava: Path) -> None:
    (llava / "model.safetensors").unlink()
    assert "no weights" in refused(ModelNotFound, llava)
    (llava / "model.safetensors").touch()
    (llava / "tokenizer.json").unlink()
    assert "processor" in refused(ModelNotFound, llava)


def test_weights_that_do_not_read_or_lack_a_tensor_are_damaged(llava: Path) -> None:
    weights = llava / "model.safetensors"
    tensors = load_file(weights)
    save_file({name: tensor for name, tensor in tensors.items() if "lm_head" not in name}, weights, {"format": "pt"})
    assert "lm_head" in refused(WeightsDamaged, llava)
    weights.write_bytes(weights.read_bytes()[:1_000])
    assert "do not load" in refused(WeightsDamaged, llava)


def test_weights_in_a_pickle_are_read_as_tensors_only(llava: Path) -> None:
    torch.save(load_file(llava / "model.safetensors"), llava / "pytorch_model.bin")
    (llava / "model.safetensors").unlink()
    assert TransformersGenerator(str(llava), device="cpu", most_tokens=4).caption([picture("red")])[0]
    mark = llava / "was_run"
    torch.save({"lm_head.weight": _Evil(mark)}, llava / "pytorch_model.bin")
    refused(WeightsDamaged, llava)
    assert not mark.exists()


class _Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, (str(self._mark),))


def test_a_model_of_another_kind_is_refused_by_its_type(llava: Path) -> None:
    change(llava / "config.json", model_type="bert")
    assert "'bert', which does not write about pictures" in refused(BadSetting, llava)


def test_code_in_a_models_folder_is_never_run_and_the_nearest_model_is_named(llava: Path) -> None:
    change(llava / "config.json", model_type="qwen", auto_map={"AutoConfig": "code.Config"})
    mark = llava / "was_run"
    (llava / "code.py").write_text(f"open({str(mark)!r}, 'w')\nclass Config: pass\n", encoding="utf-8")
    said = refused(BadSetting, llava)
    assert "needs its own code, which is never run" in said
    assert "Qwen2-VL" in said
    assert not mark.exists()


def test_a_chat_model_without_a_template_is_told_what_to_do(llava: Path) -> None:
    (llava / "chat_template.jinja").unlink()
    assert "chat_template.jinja" in refused(BadSetting, llava)


def test_a_template_that_drops_pictures_or_does_not_parse_is_refused(llava: Path) -> None:
    for template in ("{% for m in messages %}{{ m['content'][0]['text'] }}{% endfor %}", "{% for %}"):
        (llava / "chat_template.jinja").write_text(template, encoding="utf-8")
        assert "chat template" in refused(BadSetting, llava)


def test_settings_that_cannot_be_are_refused(llava: Path) -> None:
    assert "nowhere" in refused(BadSetting, llava, device="nowhere")
    assert "4, 8 or 16" in refused(BadSetting, llava, bits=5)


def test_few_bits_ask_for_the_package_that_packs_them(llava: Path) -> None:
    try:
        import bitsandbytes  # type: ignore[import-not-found, unused-ignore]  # noqa: F401
    except ImportError:
        assert "pip install bitsandbytes" in refused(MissingExtra, llava, bits=4)
    else:
        pytest.skip("bitsandbytes is installed")


# The documents


def table() -> str:
    """The tables of docs/models.md; that every family runs here is what the last test of this file holds them to."""
    lines = [
        "| family | class in transformers | for instance | captions | several pictures | context | licence of the weights"
        " | runs here |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in FAMILIES:
        title = f"{one.title}: {one.note}" if one.note else one.title
        several = "no: the first" if one.wording else "yes"
        lines.append(
            f"| {title} | `{one.architecture}` | `transformers:{one.checkpoint}` | yes | {several} | {one.context:,}"
            f" | {one.licence} | yes (tiny, random weights) |"
        )
    lines += ["", "| not reached | why | the nearest that works |", "|---|---|---|"]
    lines += [f"| {one.title} | {one.why} | {one.instead} |" for one in NOT_REACHED]
    return "\n".join(lines)


def around_table() -> Iterator[str]:
    """What stands before and after the tables."""
    text = DOCUMENT.read_text(encoding="utf-8")
    yield text[: text.index("| family |")]
    yield text[text.index("\n\n", text.index("| not reached |")) :]


def test_the_tables_of_the_document_are_those_of_the_code() -> None:
    before, after = around_table()
    assert DOCUMENT.read_text(encoding="utf-8") == before + table() + after


def test_every_family_of_the_table_is_tried(tiny_vlm: Callable[[str], Path]) -> None:
    tried = set()
    for name in BUILDERS:
        if name != "smolvlm":
            config = json.loads((tiny_vlm(name) / "config.json").read_text(encoding="utf-8"))
            tried.add((config["model_type"], config["architectures"][0]))
    named = {(one.model_type, one.architecture) for one in FAMILIES}
    assert named - {("smolvlm", "SmolVLMForConditionalGeneration")} == tried


def rewrite() -> None:
    """Write the golden prompts and the document's tables as they are now."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name in BUILDERS:
        with tempfile.TemporaryDirectory() as folder:
            made = str(make(name, Path(folder)))
            generator = TransformersGenerator(made, device="cpu", most_tokens=MOST)
            asked = Asker(open_checkpoint(made, device="cpu", allow_download=False, bits=16)).answering(ask(generator))
            (GOLDEN / f"{name}.txt").write_text(asked.text if asked else "", encoding="utf-8")
    before, after = around_table()
    DOCUMENT.write_text(before + table() + after, encoding="utf-8")


if __name__ == "__main__":
    rewrite()
