"""Makes a domain set and training text from what any Debian machine with build tools has on its disk.

    make_domains.py OUT --seed N [--small]

Writes
    OUT/heldout/<source>/<domain>.jsonl   held-out documents: {"text", "id", "source", "subdomain"}
    OUT/training/<source>/<domain>.jsonl  training documents: {"text"}
    OUT/domains.json                      seed, counts, and the kinds of text that this machine lacks

A file gives text to one side only, and no paragraph of 13 words or more stands twice anywhere, so that held-out and
training text are disjoint (the rule of Paloma's decontamination, arXiv 2312.10523, G1; 13 words as there). Which files
are drawn depends on the seed and on the files of the machine.
"""

import argparse
import gzip
import hashlib
import json
import random
import re
import shutil
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

LONG_PARAGRAPH = 13  # words
FILE_BYTES = 200_000  # of a longer file only the beginning is read
PIECES_PER_FILE = 2  # held-out documents from one file, so that a domain has many origins


@dataclass(frozen=True)
class Size:
    """How much text a domain gets.

    The held-out bytes keep a domain below 20,000 (small: 6,000) tokens of the tokenizer that is trained on it.
    """

    domains: int
    at_least: int
    heldout_bytes: int
    training_bytes: int
    document_bytes: int  # a document ends with the paragraph that reaches this
    paragraph_bytes: int  # a longer paragraph is cut at a line without indentation


FULL = Size(domains=8, at_least=6, heldout_bytes=26_000, training_bytes=600_000, document_bytes=350, paragraph_bytes=1000)
SMALL = Size(domains=5, at_least=5, heldout_bytes=7_000, training_bytes=200_000, document_bytes=110, paragraph_bytes=350)


@dataclass(frozen=True)
class Kind:
    """A kind of text: its domain, where its files are, and what of a file belongs to it."""

    domain: str
    files: Callable[[], Iterable[Path]]
    extract: Callable[[str], list[str]] = lambda text: [text]


@dataclass
class Drawn:
    """What a domain has received so far."""

    heldout: list[str] = field(default_factory=list)
    training: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    """Files not yet used, in their random order."""


def below(*places: str, endings: tuple[str, ...]) -> Callable[[], Iterator[Path]]:
    """All files with one of the endings below places that may hold wildcards."""

    def files() -> Iterator[Path]:
        for place in places:
            for root in sorted(Path("/").glob(place.lstrip("/"))):
                yield from (path for path in root.rglob("*") if path.name.endswith(endings))

    return files


def licences() -> Iterator[Path]:
    """Copyright files of packages, and the licences that they refer to."""
    yield from Path("/usr/share/doc").glob("*/copyright")
    yield from Path("/usr/share/common-licenses").glob("*")


def python_library() -> Iterator[Path]:
    """The standard library without its tests."""
    for path in Path(sysconfig.get_path("stdlib")).rglob("*.py"):
        if not {"test", "tests", "site-packages", "dist-packages"} & set(path.parts):
            yield path


def shell_scripts() -> Iterator[Path]:
    """Maintainer scripts of packages, and programs that are scripts of a shell."""
    for name in ("*.postinst", "*.postrm", "*.preinst", "*.prerm"):
        yield from Path("/var/lib/dpkg/info").glob(name)
    for place in ("/usr/bin", "/usr/sbin", "/etc/init.d"):
        for path in Path(place).glob("*"):
            if path.is_file() and re.match(rb"#!\s*/\S*sh\b", path.open("rb").read(40)):
                yield path


def swift_interfaces() -> Iterator[Path]:
    """The public interfaces of the toolchain's modules, one per module."""
    swift = shutil.which("swift")
    if swift is None:
        return
    modules: dict[str, Path] = {}
    for path in sorted((Path(swift).resolve().parents[1] / "lib").rglob("*.swiftinterface")):
        if not path.name.endswith(".private.swiftinterface"):
            modules.setdefault(path.parent.name, path)
    yield from modules.values()


def code_without_pod(text: str) -> list[str]:
    """Perl code without the documentation in it."""
    return [re.sub(r"^=(?!cut\b)[a-z].*?(^=cut\b.*?$|\Z)", "", text, flags=re.MULTILINE | re.DOTALL)]


def pod(text: str) -> list[str]:
    """The documentation in a Perl file."""
    return [
        "\n\n".join(match.group() for match in re.finditer(r"^=(?!cut\b)[a-z].*?(?=^=cut\b|\Z)", text, re.MULTILINE | re.DOTALL))
    ]


PERL = ("/usr/share/perl", "/usr/share/perl5", "/usr/lib/*/perl", "/usr/lib/*/perl-base", "/usr/lib/*/perl5")

KINDS = [
    Kind("legal/licences", licences),
    Kind("code/python", python_library),
    Kind("code/c-headers", below("/usr/include", endings=(".h",))),
    Kind("code/perl", below(*PERL, endings=(".pm", ".pl")), code_without_pod),
    Kind("code/shell", shell_scripts),
    Kind("code/swift", swift_interfaces),
    Kind("manuals/german", below("/usr/share/man/de", endings=(".gz",))),
    Kind("manuals/perl", below(*PERL, endings=(".pm", ".pod")), pod),
    Kind("manuals/html", below("/usr/share/doc", endings=(".html", ".htm"))),
    Kind("code/sql", below("/usr/share/postgresql/*", endings=(".sql",))),
]


def read(path: Path) -> str:
    """The text of a file, or of a compressed one; empty when it is not text in UTF-8."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            data = file.read(FILE_BYTES)
    except (OSError, EOFError, gzip.BadGzipFile):
        return ""
    if len(data) == FILE_BYTES:
        data = data[: data.rfind(b"\n") + 1]
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    return "" if "\0" in text else re.sub(r"[ \t\r\f]+$", "", text, flags=re.MULTILINE)


def paragraphs(text: str, limit: int) -> Iterator[str]:
    """Blocks between blank lines; a block of more than `limit` bytes is cut at lines without indentation, else at any."""
    for block in re.split(r"\n\s*\n", text):
        if not block.strip():
            continue
        for part in cut(block.strip("\n"), limit, r"\n(?=[^\s})\]])"):
            yield from cut(part, limit, r"\n")


def cut(block: str, limit: int, boundary: str) -> Iterator[str]:
    """The block in parts of at most `limit` bytes, as far as its boundaries allow."""
    part = ""
    for line in re.split(boundary, block):
        longer = f"{part}\n{line}" if part else line
        if part and len(longer.encode()) > limit:
            yield part
            longer = line
        part = longer
    yield part


class Unseen:
    """Lets every long paragraph pass once."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def filter(self, blocks: Iterable[str]) -> Iterator[str]:
        """The paragraphs that are short, or were never given out before."""
        for block in blocks:
            words = re.findall(r"\w+", block.lower())
            if len(words) >= LONG_PARAGRAPH:
                key = hashlib.sha256(" ".join(words).encode()).digest()
                if key in self._seen:
                    continue
                self._seen.add(key)
            yield block


def documents(path: Path, kind: Kind, size: Size, unseen: Unseen) -> list[str]:
    """The pieces of a file: whole paragraphs up to the size of a document. Shorter rests are dropped."""
    result = []
    for text in kind.extract(read(path)):
        piece: list[str] = []
        for block in unseen.filter(paragraphs(text, size.paragraph_bytes)):
            if len(block.encode()) > size.paragraph_bytes:
                continue
            piece.append(block)
            document = "\n\n".join(piece)
            if len(document.encode()) >= size.document_bytes:
                piece = []
                if len(re.findall(r"\w+", document)) >= LONG_PARAGRAPH:
                    result.append(document)
    return result


def draw_heldout(kind: Kind, drawn: Drawn, size: Size, unseen: Unseen, generator: random.Random) -> None:
    """Takes files from the front of the random order until the domain has its held-out text."""
    room = size.heldout_bytes
    while drawn.files and room >= size.document_bytes:
        found = documents(drawn.files.pop(0), kind, size, unseen)
        generator.shuffle(found)
        for document in found[:PIECES_PER_FILE]:
            length = len(document.encode())
            if length <= room:
                room -= length
                drawn.heldout.append(document)


def draw_training(kind: Kind, drawn: Drawn, size: Size, unseen: Unseen) -> None:
    """Takes the files that are left until the domain has its training text."""
    total = 0
    while drawn.files and total < size.training_bytes:
        found = documents(drawn.files.pop(0), kind, size, unseen)
        drawn.training.extend(found)
        total += sum(len(document.encode()) for document in found)


def enough(drawn: Drawn, size: Size) -> str | None:
    """Why a domain has too little text, or None."""
    heldout = sum(len(document.encode()) for document in drawn.heldout)
    training = sum(len(document.encode()) for document in drawn.training)
    if heldout < size.heldout_bytes * 0.8:
        return f"only {heldout / 1000:.0f} kB of held-out text"
    if training < 50_000:
        return f"only {training / 1000:.0f} kB of training text"
    return None


def choose(size: Size, seed: int) -> tuple[dict[str, Drawn], dict[str, str]]:
    """Draws the domains. Returns them, and for each kind that was passed over the reason."""
    unseen = Unseen()
    chosen: dict[str, Drawn] = {}
    passed: dict[str, str] = {}
    kinds = {kind.domain: kind for kind in KINDS}
    for kind in KINDS:
        if len(chosen) == size.domains:
            break
        files = sorted({path for path in kind.files() if path.is_file() and not path.is_symlink()})
        # A generator of its own: which kinds a machine has does not change what the others draw.
        generator = random.Random(f"{seed} {kind.domain}")
        generator.shuffle(files)
        drawn = Drawn(files=files)
        draw_heldout(kind, drawn, size, unseen, generator)
        if drawn.files:
            chosen[kind.domain] = drawn
        else:
            passed[kind.domain] = "too few files"
    for domain, drawn in list(chosen.items()):
        draw_training(kinds[domain], drawn, size, unseen)
        if reason := enough(drawn, size):
            passed[domain] = reason
            del chosen[domain]
    return chosen, passed


def write(path: Path, rows: list[dict[str, str]]) -> None:
    """Writes JSON Lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def main() -> None:
    """Draws, writes and says what was drawn."""
    parser = argparse.ArgumentParser(description="Makes a domain set and training text from the files of this machine.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--small", action="store_true")
    arguments = parser.parse_args()
    size = SMALL if arguments.small else FULL
    chosen, passed = choose(size, arguments.seed)
    for domain, reason in passed.items():
        print(f"{domain:18} passed over: {reason}")
    if len(chosen) < size.at_least or KINDS[0].domain not in chosen:
        sys.exit(
            f"This machine has text for {len(chosen)} domains ({', '.join(chosen) or 'none'}), and {size.at_least} with "
            f"{KINDS[0].domain} are needed. Install packages that bring some: apt-get install build-essential perl python3"
        )
    summary = {}
    for domain, drawn in chosen.items():
        source, name = domain.split("/")
        held = [
            {"text": text, "id": hashlib.sha256(text.encode()).hexdigest()[:16], "source": source, "subdomain": name}
            for text in drawn.heldout
        ]
        write(arguments.out / "heldout" / source / f"{name}.jsonl", held)
        write(arguments.out / "training" / source / f"{name}.jsonl", [{"text": text} for text in drawn.training])
        counts = {
            "heldout_documents": len(drawn.heldout),
            "heldout_bytes": sum(len(text.encode()) for text in drawn.heldout),
            "training_documents": len(drawn.training),
            "training_bytes": sum(len(text.encode()) for text in drawn.training),
        }
        summary[domain] = counts
        print(
            f"{domain:18} {counts['heldout_documents']:3} held-out documents ({counts['heldout_bytes'] / 1000:.0f} kB), "
            f"{counts['training_bytes'] / 1000:.0f} kB of training text"
        )
    content = {"seed": arguments.seed, "small": arguments.small, "domains": summary, "passed_over": passed}
    (arguments.out / "domains.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
