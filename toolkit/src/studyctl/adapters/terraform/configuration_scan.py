"""What a configuration would run or fetch, found before `init` does either; the guard decides what is allowed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from studyctl.adapters.terraform import hcl
from studyctl.domain.configuration import Configuration, ConfigurationItem, ModuleCall, ProviderRequirement
from studyctl.errors import UsageError

_UNSCANNED = ("*.tf.json", "*.tofu", "*.tofu.json")
_DECIDES_INIT = ("terraform", "module")


def scan(root: Path) -> Configuration:
    """Return what the root and the local modules it calls contain.

    Raises:
        UsageError: a file is not HCL, is not readable as text, or is of a kind that is not looked into.
    """
    scanner = _Scanner(root)
    scanner.folder(root)
    return scanner.result()


class _Scanner:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen: set[Path] = set()
        self._items: list[ConfigurationItem] = []
        self._modules: list[ModuleCall] = []
        self._providers: list[ProviderRequirement] = []
        self._digest = hashlib.sha256()

    def result(self) -> Configuration:
        return Configuration(
            root=self._root,
            items=tuple(self._items),
            modules=tuple(self._modules),
            providers=tuple(self._providers),
            init_digest=self._digest.hexdigest(),
        )

    def folder(self, folder: Path) -> None:
        resolved = folder.resolve()
        if resolved in self._seen:
            return
        self._seen.add(resolved)
        for pattern in _UNSCANNED:
            for path in sorted(folder.glob(pattern)):
                raise UsageError(
                    f"{path} is a kind of configuration that is not checked before terraform runs",
                    hint="Write it as HCL in a .tf file.",
                )
        for path in sorted(folder.glob("*.tf")):
            for block in _blocks(path):
                self._take(block, path, folder)

    def _take(self, block: hcl.Block, path: Path, folder: Path) -> None:
        if block.kind in _DECIDES_INIT:
            self._digest.update(repr((str(folder), _what_init_reads(block))).encode())
        for inner in block.walk():
            if inner.kind in ("provisioner", "connection") or inner is block:
                self._items.append(ConfigurationItem(inner.kind, inner.labels, path, inner.line))
        if block.kind == "terraform":
            self._providers.extend(_requirements(block, path))
        if block.kind == "module":
            self._module(block, path, folder)

    def _module(self, block: hcl.Block, path: Path, folder: Path) -> None:
        source = block.attribute("source")
        value = source.value if source else None
        target = (folder / value) if value and value.startswith(("./", "../")) else None
        name = block.labels[0] if block.labels else ""
        self._modules.append(
            ModuleCall(name, value, target.resolve() if target else None, path, source.line if source else block.line)
        )
        if target is not None and target.is_dir():
            self.folder(target)


def _blocks(path: Path) -> tuple[hcl.Block, ...]:
    try:
        return hcl.parse(path.read_text(encoding="utf-8"))
    except hcl.HclError as error:
        raise UsageError(
            f"{path}:{error.line}: {error}", hint="Mend the file; terraform fmt shows the place."
        ) from error
    except (UnicodeDecodeError, OSError) as error:
        raise UsageError(
            f"{path} cannot be read as text", why=str(error), hint="Restore it with: git checkout"
        ) from error


def _requirements(block: hcl.Block, path: Path) -> Iterator[ProviderRequirement]:
    for inner in block.blocks:
        if inner.kind == "required_providers":
            for name, attribute in inner.attributes:
                source = dict(attribute.literals).get("source", f"hashicorp/{name}")
                yield ProviderRequirement(name, source, path, attribute.line)


def _what_init_reads(block: hcl.Block) -> tuple[object, ...]:
    """Of a module its source and version; of a terraform block everything."""
    if block.kind == "module":
        wanted = [(name, attribute.value) for name, attribute in block.attributes if name in ("source", "version")]
        return (block.labels, tuple(wanted))
    inside = tuple(_what_init_reads(inner) for inner in block.blocks)
    values = tuple((name, attribute.value, attribute.literals) for name, attribute in block.attributes)
    return (block.kind, block.labels, values, inside)
