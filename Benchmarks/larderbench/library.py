"""The test data: a small home library, made once from a seed and reused."""

from __future__ import annotations

import os
import random
import shutil
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from .process import BenchError
from .system import GIB, KIB, MIB

SEED = 20240229
LAYOUT = 4  # raised whenever what is written below changes
SYLLABLES = "an be cor de el fi gra ho in ja ka lo mi nu or pa que ri sta tu um ver wi xa yo zen".split()
LEVELS = ("INFO", "INFO", "INFO", "DEBUG", "WARN", "ERROR")
TEXT_KINDS = (".txt", ".md", ".html", ".csv")
DENSE_KINDS = (".jpg", ".pdf", ".docx")


@dataclass(frozen=True)
class Plan:
    """How much of everything. Sizes in bytes."""

    film: int
    text: int
    documents: int
    document_folders: int
    tree_files: int
    tree_folders: int
    crowd_files: int
    crowd_folders: int
    memory_tier: int  # of Larder, where the figure is about its resident memory

    @property
    def tag(self) -> str:
        """Names the directory, so that another plan never meets this one's files."""
        return sha256(repr((SEED, LAYOUT, asdict(self))).encode()).hexdigest()[:8]


FULL = Plan(
    film=GIB,
    text=200 * MIB,
    documents=2000,
    document_folders=40,
    tree_files=2500,
    tree_folders=60,
    crowd_files=100_000,
    crowd_folders=100,
    memory_tier=512 * MIB,
)
QUICK = Plan(
    film=256 * MIB,
    text=64 * MIB,
    documents=500,
    document_folders=10,
    tree_files=2500,
    tree_folders=60,
    crowd_files=20_000,
    crowd_folders=20,
    memory_tier=128 * MIB,
)


@dataclass(frozen=True)
class Library:
    """Where things are, relative to the share's root."""

    plan: Plan
    main: Path
    crowd: Path
    film: str = "films/film.mkv"
    text: str = "logs/service.log"
    documents: str = "documents"
    tree: str = "tree"


class Words:
    """Text that looks like text: a Zipf-like choice from a vocabulary that was made up."""

    def __init__(self, chance: random.Random, size: int = 4000):
        self.chance = chance
        self.vocabulary = ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(size)]
        self.weights = [0.0]
        for rank in range(1, size + 1):
            self.weights.append(self.weights[-1] + 1 / rank)
        self.weights.pop(0)

    def some(self, count: int) -> str:
        return " ".join(self.chance.choices(self.vocabulary, cum_weights=self.weights, k=count))

    def bytes(self, count: int) -> bytes:
        text = ""
        while len(text) < count:
            text += self.some(400) + ".\n"
        return text[:count].encode()


def write_incompressible(path: Path, size: int, chance: random.Random) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for start in range(0, size, MIB):
            file.write(chance.randbytes(min(MIB, size - start)))


def write_log(path: Path, size: int, words: Words) -> None:
    """Log lines with what makes real logs hard to compress: addresses, durations, request ids."""
    path.parent.mkdir(parents=True, exist_ok=True)
    chance, written, at_ms = words.chance, 0, 1_700_000_000_000
    with path.open("wb") as file:
        while written < size:
            lines = []
            for _ in range(2000):
                at_ms += chance.randint(1, 40)
                lines.append(
                    f"{at_ms / 1000:.3f} {chance.choice(LEVELS)} worker-{chance.randint(1, 16)} "
                    f"10.0.{chance.randint(0, 255)}.{chance.randint(0, 255)} "
                    f"request={chance.getrandbits(64):016x} {words.some(8)} "
                    f"took {chance.randint(1, 9000)} us"
                )
            block = ("\n".join(lines) + "\n").encode()[: size - written]
            file.write(block)
            written += len(block)


def document(index: int, words: Words) -> tuple[str, bytes]:
    """A document of 5 to 50 KiB: half of them text, a quarter dense, a quarter text with pictures."""
    chance = words.chance
    size = chance.randint(5 * KIB, 50 * KIB)
    kind = chance.random()
    if kind < 0.5:
        return f"letter-{index:04}{chance.choice(TEXT_KINDS)}", words.bytes(size)
    if kind < 0.75:
        return f"photo-{index:04}{DENSE_KINDS[0]}", chance.randbytes(size)
    mixed = words.bytes(size // 2) + chance.randbytes(size - size // 2)
    return f"report-{index:04}{chance.choice(DENSE_KINDS[1:])}", mixed


def write_documents(root: Path, plan: Plan, words: Words) -> None:
    each = plan.documents // plan.document_folders
    for index in range(plan.documents):
        folder = root / f"folder-{index // each:02}"
        folder.mkdir(parents=True, exist_ok=True)
        name, content = document(index, words)
        (folder / name).write_bytes(content)


def write_tree(root: Path, files: int, folders: int, depth: int, chance: random.Random) -> None:
    """A tree of small files; folders nest up to `depth`."""
    places = [root]
    for index in range(1, folders):
        parents = [place for place in places if len(place.relative_to(root).parts) < depth]
        places.append(chance.choice(parents) / f"folder-{index:03}")
    for place in places:
        place.mkdir(parents=True, exist_ok=True)
    for index in range(files):
        (places[index % folders] / f"file-{index:06}.txt").write_bytes(b"%d\n" % index)


def build(root: Path, plan: Plan, say) -> Library:
    """Makes the library under `root`, or finds it there complete."""
    place = root / f"library-{plan.tag}"
    library = Library(plan, place / "main", place / "crowd")
    if (place / "complete").exists():
        return library
    check_room(root, plan)
    shutil.rmtree(place, ignore_errors=True)
    say(f"making the test library in {place}")
    chance = random.Random(SEED)
    words = Words(chance)
    write_incompressible(library.main / library.film, plan.film, chance)
    write_log(library.main / library.text, plan.text, words)
    write_documents(library.main / library.documents, plan, words)
    write_tree(library.main / library.tree, plan.tree_files, plan.tree_folders, 4, chance)
    write_tree(library.crowd / library.tree, plan.crowd_files, plan.crowd_folders, 1, chance)
    (library.crowd / library.film).parent.mkdir(parents=True)
    os.link(library.main / library.film, library.crowd / library.film)
    (place / "complete").write_text("yes\n")
    return library


def check_room(root: Path, plan: Plan) -> None:
    need = 4 * (plan.film + plan.text) + plan.crowd_files * 4 * KIB
    free = shutil.disk_usage(root).free
    if free < need:
        raise BenchError(f"{root}: {need // MIB} MiB needed, {free // MIB} MiB free")
