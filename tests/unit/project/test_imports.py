"""Who imports whom, what is public, and what costs no time to import."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from PIL import Image

import stamp

PACKAGE = Path(stamp.__file__).parent
MODULES = {
    ".".join(("stamp", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}

# The floors, the lowest first: a room may import from the rooms on the floors below it.
FLOORS = (
    "core",
    "formats",
    "print storage",
    "catalogue metadata media notices overlay provenance watermark",
    "matching",
    "pipeline",
    "evidence monitor",
    "jobs",
    "web",
    "cli",
)
# Part of the package -> what it may never import, nor anything below it.
FORBIDDEN = {
    "stamp.core": "numpy PIL av pywt click rich",
    "stamp.formats": "numpy pywt PIL av click rich platformdirs",
    "stamp.storage": "numpy pywt PIL av click rich",
    "stamp.watermark": "PIL av click rich stamp.formats stamp.storage stamp.media stamp.metadata",
    "stamp.watermark.common": "stamp.watermark.image stamp.watermark.audio stamp.watermark.video",
    "stamp.watermark.image": "stamp.watermark.audio stamp.watermark.video",
    "stamp.watermark.audio": "stamp.watermark.image stamp.watermark.video",
    "stamp.watermark.video": "stamp.watermark.audio",
    "stamp.overlay": "pywt av click rich stamp.storage stamp.media",
    "stamp.matching": "PIL av click rich stamp.formats stamp.storage",
    "stamp.catalogue": "numpy pywt PIL av click rich stamp.metadata stamp.media stamp.watermark",
    "stamp.evidence": "pywt av click rich",
    "stamp.monitor": "pywt av click rich cv2",
    "stamp.print": "numpy pywt PIL av click rich stamp.formats",
    "stamp.notices": "numpy pywt PIL av click rich stamp.catalogue stamp.metadata stamp.media",
    "stamp.provenance": "numpy pywt PIL av click rich",
    "stamp.metadata": "numpy pywt PIL av click rich stamp.media stamp.watermark",
    "stamp.metadata.stores": "stamp.metadata.containers stamp.metadata.document",
    "stamp.media": "click rich stamp.metadata stamp.watermark",
    "stamp.cli": "numpy pywt PIL av stamp.media",
    "stamp.web": "numpy pywt PIL av click rich stamp.media stamp.metadata stamp.watermark",
    "stamp.jobs.plan": "numpy PIL av stamp.media stamp.metadata stamp.watermark",
    "stamp.jobs.pool": "numpy PIL av click rich stamp.media stamp.metadata stamp.watermark",
}
# What only one part of the package may import, and what none may: judges under the GPL.
RESERVED = {"click": "stamp.cli", "rich": "stamp.cli", "stamp.cli": "stamp.cli stamp.__main__"}
# Loading these takes longer than marking a small photo: only what makes the tables may (ADR 91).
RESERVED |= dict.fromkeys(
    ("sqlalchemy", "alembic"),
    "stamp.catalogue.models stamp.catalogue.schema stamp.catalogue.moving stamp.catalogue.migrations",
)
RESERVED["cv2"] = "stamp.matching"
# What reaches for the network, and what checks who has signed.
RESERVED |= dict.fromkeys(
    ("urllib.request", "urllib.robotparser", "urllib3", "http.client", "ssl", "requests"),
    "stamp.catalogue.timestamps stamp.monitor.fetching stamp.monitor.wire",
)
RESERVED["rfc3161_client"] = "stamp.catalogue.timestamps"
RESERVED["cryptography"] = "stamp.catalogue.timestamps stamp.evidence.signing"
RESERVED["cryptography"] += " stamp.provenance.identity stamp.provenance.certificates"
RESERVED["c2pa"] = "stamp.provenance.library"
RESERVED["resvg_py"] = "stamp.overlay.svg"
RESERVED |= {"typst": "stamp.print", "jinja2": "stamp.notices.templating stamp.web.pages"}
RESERVED |= dict.fromkeys(("starlette", "uvicorn", "prometheus_client"), "stamp.web")
RESERVED |= {"fsspec": "stamp.storage.remote", "distributed": "stamp.jobs.cluster"}
RESERVED |= dict.fromkeys(("s3fs", "boto3", "botocore", "aiobotocore", "dask"), "")
RESERVED |= dict.fromkeys(("mutagen", "pyexiv2", "exiv2"), "")


def below(name: str, parents: str) -> bool:
    return any(name == parent or name.startswith(f"{parent}.") for parent in parents.split())


def imports(module: str) -> Iterator[str]:
    """The absolute names of all that a module imports, anywhere in it."""
    path = MODULES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = (
                ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            )
            source = ".".join(filter(None, (base, node.module)))
            # `from . import x` imports a module; `from .x import name` may or may not: both names are
            # checked.
            yield source
            yield from (f"{source}.{alias.name}" for alias in node.names)


def test_the_walk_sees_imports() -> None:
    assert {"click", "stamp.cli.screen", "stamp.cli.screen.Screen"} <= set(imports("stamp.cli"))
    assert {"stamp.cli.options", "stamp.jobs.tasks.DetectTask"} <= set(imports("stamp.cli.detect"))
    assert "stamp.metadata.document" in set(imports("stamp.pipeline.notice"))


@pytest.mark.parametrize("module", MODULES)
def test_import_rules(module: str) -> None:
    found = set(imports(module))
    for part, forbidden in FORBIDDEN.items():
        if below(module, part):
            bad = {
                name
                for name in found
                if below(name, forbidden) and not (part == "stamp.core.errors" and name == "stamp")
            }
            assert not bad, f"{module} is part of {part}, which must not import {bad}"
    for reserved, users in RESERVED.items():
        if not below(module, users):
            bad = {name for name in found if below(name, reserved)}
            assert not bad, f"{module} must not import {bad}, only {users} may"


@pytest.mark.parametrize("module", MODULES)
def test_rooms_look_down_only(module: str) -> None:
    room = module.removeprefix("stamp.").partition(".")[0]
    floor = next((number for number, rooms in enumerate(FLOORS) if room in rooms.split()), None)
    if floor is None:
        return  # `import stamp` gives names from everywhere, when they are asked for
    above = " ".join(f"stamp.{each}" for rooms in FLOORS[floor + 1 :] for each in rooms.split())
    bad = {name for name in imports(module) if below(name, above)}
    assert not bad, f"{module} is on floor {floor}, which must not import {bad}"


def test_no_modules_import_each_other() -> None:
    modules = {name for name, path in MODULES.items() if path.name != "__init__.py"}
    needed = {name: {found for found in imports(name) if found in modules - {name}} for name in modules}
    TopologicalSorter(needed).prepare()  # raises CycleError with the circle


def test_few_modules_lie_loose() -> None:
    assert len([name for name in MODULES if name.count(".") == 1]) <= 8 + len(" ".join(FLOORS).split())


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_small(module: str) -> None:
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= 600


PUBLIC = """
    AlreadyMarked ArgumentError AuditReport CaseError Catalogue CatalogueError ClusterError CheckRecord
    Confirmation CopyOptions CopyRecord CorruptFile CredentialsReport DetectReport DetectTask Detection
    EmbedOptions EmbedReport EmbedTask Erased Failure HostError InternalError Job KeyFile Key KeyFileError
    KnownMark LicenceRecord
    Margin MarkRecord MediaError MissingDependency MissingElements NoticeNotWritten NoticeOptions
    OutputError OutputOptions Party PartyRecord Payload PayloadError Policy Proof Recovered Rights
    RightsConflict RightsError RightsReport SealRecord SignOptions StampError StampLimits Terms
    Territory Transform UnsupportedFormat UnwritableFile Url Use UseRule Verification VisibleNotice
    VisibleReport WorkRecord __version__ audit_rights confirm confirm_file detect detect_file embed embed_file
    limited
    read_credentials read_rights remove_rights run_jobs sign_file write_rights
"""


def test_the_public_surface_is_what_it_is_said_to_be() -> None:
    assert sorted(stamp.__all__) == sorted(PUBLIC.split())
    assert list(stamp.__all__) == sorted(stamp.__all__)
    assert dir(stamp) == sorted(stamp.__all__)
    for name in stamp.__all__:
        assert getattr(stamp, name) is not None
    assert not hasattr(stamp, "nonsense")


def test_type_checkers_see_the_same_surface() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    typed = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert typed | {"__version__"} == set(stamp.__all__)


def test_every_error_is_public_and_drawn_in_the_tree() -> None:
    from stamp.core import errors

    assert errors.__doc__
    classes = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and value.__module__ == errors.__name__
    }
    assert classes <= set(stamp.__all__)
    assert all(name in errors.__doc__ for name in classes)


# Third-party packages that each statement may load, and nothing else.
@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("import stamp", set()),
        ("import stamp.core.errors, stamp.jobs.plan, stamp.jobs.pool, stamp.core.reports", {"defusedxml"}),
        ("from stamp.cli import main; main(['--help'])", {"click", "colorama"}),
        ("from stamp.cli import main; main(['--version'])", {"click", "colorama"}),
        ("from stamp.cli import main; main(['nonsense'])", {"click", "colorama"}),
        ("import stamp; stamp.Catalogue", {"rfc8785", "defusedxml"}),
        ("import stamp.web.orders, stamp.web.saying, stamp.web.settings", {"rfc8785", "defusedxml"}),
        ("import stamp; stamp.Rights(copyright_notice='x')", {"defusedxml"}),
    ],
)
def test_lazy_imports(statement: str, allowed: set[str]) -> None:
    assert loaded(statement) <= allowed


@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff"])
def test_a_notice_alone_loads_neither_arrays_nor_pictures(kind: str, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(path := tmp_path / "a", kind)
    rights = "stamp.Rights(copyright_notice='x')"
    written = f"stamp.write_rights({str(path)!r}, {str(path)!r}, {rights}, overwrite=True)"
    assert loaded(f"import stamp; {written}") == {"defusedxml"}


def loaded(statement: str) -> set[str]:
    """The packages beside the standard library's and our own that a statement loads."""
    # Isolated and without site: what an environment's start-up hooks load is not our doing.
    script = (
        f"import sys; sys.path[:0] = {[str(PACKAGE.parent), *sys.path]!r}\n{statement}\n"
        "roots = {name.partition('.')[0] for name in sys.modules}\n"
        "print(*(roots - sys.stdlib_module_names), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stderr.splitlines()[-1].split()) - {"__main__", "__mp_main__", "stamp"}


def test_importing_prints_nothing_and_starts_nothing() -> None:
    script = "import stamp, threading\n" + "".join(f"stamp.{name}\n" for name in stamp.__all__)
    script += "assert threading.active_count() == 1"
    environment = {"PYTHONPATH": str(PACKAGE.parent)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
