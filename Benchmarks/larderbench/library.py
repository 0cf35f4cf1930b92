"""The test data: a small home library, made once from a seed and reused.

It has parts, each made when a figure first needs it: whoever measures photos need not wait for films.
"""

from __future__ import annotations

import os
import random
import shutil
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from . import process
from .process import BenchError
from .system import GIB, KIB, MIB

SEED = 20240229
LAYOUT = 5  # raised whenever what is written below changes
LAST_CHANGED = 1_700_000_000
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
    photos: int
    thumbnails: int
    copies: int  # of COPY_BYTES each
    pattern: int  # read backwards; the other patterns are fractions and multiples of it
    apart: int  # between two places of the film that are read in turn
    clip_seconds: int  # of video, at CLIP_BITS_PER_SECOND
    show: int  # each of the players' files
    play_seconds: int
    episode: int  # played to its end
    slow_play_seconds: int
    scan_seconds: int
    written: int  # in one stream, into the view
    small_files: int  # made there
    scan_disk: int  # Larder's disk tier, small enough for a scanner to push a film out

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
    photos=300,
    thumbnails=100,
    copies=100,
    pattern=256 * MIB,
    apart=500_000_000,
    clip_seconds=20,
    show=256 * MIB,
    play_seconds=15,
    episode=12_000_000,
    slow_play_seconds=20,
    scan_seconds=20,
    written=GIB,
    small_files=1000,
    scan_disk=512 * MIB,
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
    photos=60,
    thumbnails=20,
    copies=30,
    pattern=64 * MIB,
    apart=128_000_000,
    clip_seconds=5,
    show=96 * MIB,
    play_seconds=5,
    episode=3_000_000,
    slow_play_seconds=5,
    scan_seconds=6,
    written=64 * MIB,
    small_files=100,
    scan_disk=256 * MIB,
)

PLAYERS = 10
COPY_BYTES = 1_000_000
CLIP_BITS_PER_SECOND = 40_000_000
PHOTO_SIZE = "3200x2000"
PHOTO_NOISES = (16, 20, 24, 32, 40)  # strengths that give 3 to 5 MB at PHOTO_SIZE


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
    photos: str = "photos"
    copies: str = "spreadsheets"
    clips: tuple[str, ...] = ("clips/index-at-end.mp4", "clips/cues-at-end.mkv")
    shows: str = "shows"
    episode: str = "series/episode.mkv"  # alone in its folder: what is fetched besides is waste

    @property
    def some_document(self) -> str:
        """One of its documents, in a folder of its own."""
        folder = min((self.main / self.documents).iterdir())
        return str(min(folder.iterdir()).relative_to(self.main))

    @property
    def show_files(self) -> list[str]:
        return [f"{self.shows}/show-{number:02}.ts" for number in range(PLAYERS)]


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


def make_home(library: Library, chance: random.Random) -> None:
    plan, words = library.plan, Words(chance)
    write_incompressible(library.main / library.film, plan.film, chance)
    write_log(library.main / library.text, plan.text, words)
    write_documents(library.main / library.documents, plan, words)
    write_tree(library.main / library.tree, plan.tree_files, plan.tree_folders, 4, chance)
    write_tree(library.crowd / library.tree, plan.crowd_files, plan.crowd_folders, 1, chance)
    (library.crowd / library.film).parent.mkdir(parents=True)
    os.link(library.main / library.film, library.crowd / library.film)


def ffmpeg(*arguments: object) -> None:
    """Deterministic: no dates, no version numbers, one thread."""
    exact = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"]
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments[:-1]), *exact]
    try:
        process.run([*command, str(arguments[-1])], timeout=900)
    except FileNotFoundError:
        raise BenchError("ffmpeg is needed to make photos and videos; see Benchmarks/packages") from None


def make_photos(library: Library, chance: random.Random) -> None:
    """Real JPEGs with a lot of grain, of 3 to 5 MB, in one folder."""
    folder = library.main / library.photos
    folder.mkdir(parents=True)
    count = library.plan.photos
    for index, strength in enumerate(PHOTO_NOISES):
        first = index * count // len(PHOTO_NOISES)
        after = (index + 1) * count // len(PHOTO_NOISES)
        picture = f"testsrc2=size={PHOTO_SIZE}:rate=1,"
        picture += f"noise=alls={strength}:allf=t:all_seed={chance.randrange(1 << 20)}"
        ffmpeg("-f", "lavfi", "-i", picture, "-frames:v", after - first, "-start_number", first + 1,
               "-pix_fmt", "yuvj420p", "-q:v", 2, folder / "IMG_%04d.JPG")  # fmt: skip


def make_copies(library: Library, chance: random.Random) -> None:
    for index in range(library.plan.copies):
        path = library.main / library.copies / f"accounts-{index:03}.ods"
        write_incompressible(path, COPY_BYTES, chance)


def make_clips(library: Library, chance: random.Random) -> None:
    """One video in two containers: MP4 with its index at the end, Matroska with its cues there."""
    mp4, mkv = (library.main / name for name in library.clips)
    mp4.parent.mkdir(parents=True)
    seconds, rate = library.plan.clip_seconds, CLIP_BITS_PER_SECOND
    noise = f"noise=alls=40:allf=t:all_seed={chance.randrange(1 << 20)}"
    picture = f"testsrc2=size=1280x720:rate=25:duration={seconds},{noise}"
    ffmpeg("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", f"sine=duration={seconds}",
           "-c:v", "mpeg4", "-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", rate,
           "-g", 25, "-c:a", "aac", mp4)  # fmt: skip
    ffmpeg("-i", mp4, "-c", "copy", mkv)


def make_shows(library: Library, chance: random.Random) -> None:
    for name in library.show_files:
        write_incompressible(library.main / name, library.plan.show, chance)


def make_episode(library: Library, chance: random.Random) -> None:
    write_incompressible(library.main / library.episode, library.plan.episode, chance)


PARTS = {
    "home": make_home,
    "photos": make_photos,
    "copies": make_copies,
    "clips": make_clips,
    "shows": make_shows,
    "episode": make_episode,
}


def build(root: Path, plan: Plan, parts: set[str], say) -> Library:
    """Makes these parts of the library under `root`, or finds them there complete."""
    place = root / f"library-{plan.tag}"
    library = Library(plan, place / "main", place / "crowd")
    missing = [part for part in PARTS if part in parts and not marker(place, part).exists()]
    if not missing:
        return library
    check_room(root, plan, missing)
    for part in missing:
        say(f"making the test library in {place}: {part}")
        folders = folders_of(library, part)
        for folder in folders:  # what an interrupted run left
            shutil.rmtree(folder, ignore_errors=True)
        library.main.mkdir(parents=True, exist_ok=True)
        PARTS[part](library, random.Random(f"{SEED} {part}"))
        for folder in folders:
            make_old(folder)
        marker(place, part).write_text("yes\n")
    return library


def marker(place: Path, part: str) -> Path:
    return place / f"complete-{part}"


def folders_of(library: Library, part: str) -> list[Path]:
    main = {
        "home": [Path(library.film).parent, Path(library.text).parent, library.documents, library.tree],
        "photos": [library.photos],
        "copies": [library.copies],
        "clips": [Path(library.clips[0]).parent],
        "shows": [library.shows],
        "episode": [Path(library.episode).parent],
    }
    found = [library.main / folder for folder in main[part]]
    return found + [library.crowd] if part == "home" else found


def make_old(folder: Path) -> None:
    """A file that changed a moment ago may change again, and caches may wait with keeping it."""
    for place, _, names in os.walk(folder):
        for name in names:
            os.utime(os.path.join(place, name), (LAST_CHANGED, LAST_CHANGED))


def check_room(root: Path, plan: Plan, missing: list[str]) -> None:
    """Room for the data, and for what the contenders keep of it."""
    bytes_of = {
        "home": 4 * (plan.film + plan.text) + plan.crowd_files * 4 * KIB,
        "photos": 2 * plan.photos * 5 * MIB,
        "copies": 2 * plan.copies * COPY_BYTES,
        "clips": 4 * plan.clip_seconds * CLIP_BITS_PER_SECOND // 8,
        "shows": 2 * PLAYERS * plan.show,
        "episode": 2 * plan.episode,
    }
    need = sum(bytes_of[part] for part in missing)
    free = shutil.disk_usage(root).free
    if free < need:
        raise BenchError(f"{root}: {need // MIB} MiB needed, {free // MIB} MiB free")
