"""Hostile environment files. Cases are named after the fault they stand for (F61 to F74)."""

from __future__ import annotations

import os
import re
import shutil
import time
import unicodedata
from importlib import metadata
from pathlib import Path

import pytest

from studyctl.adapters.specs import InvalidSpec, SpecFiles
from studyctl.adapters.yaml_text import MAX_NODES, UnreadableYaml, read_yaml
from studyctl.errors import PreflightFailed, UsageError

REPOSITORY = Path(__file__).resolve().parents[3]
GOOD = (REPOSITORY / "environments" / "staging.yaml").read_text("utf-8")
SECONDS_FOR_ANY_FILE = 10


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    shutil.copytree(REPOSITORY / "environments", tmp_path / "repository" / "environments")
    return tmp_path / "repository"


def load(repository: Path, content: str | bytes, name: str = "staging") -> None:
    file = repository / "environments" / f"{name}.yaml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    SpecFiles(repository).load(name)


def refused(repository: Path, content: str | bytes) -> str:
    with pytest.raises(UsageError) as caught:
        load(repository, content)
    assert caught.value.exit_code == 64
    assert caught.value.hint
    return str(caught.value)


def flaws(content: str | bytes) -> list[tuple[int, int, str]]:
    started = time.monotonic()
    with pytest.raises(UnreadableYaml) as caught:
        read_yaml(content.encode() if isinstance(content, str) else content)
    assert time.monotonic() - started < SECONDS_FOR_ANY_FILE
    return [(flaw.position.line, flaw.position.column, flaw.message) for flaw in caught.value.flaws]


def test_the_three_environments_are_read() -> None:
    specs = SpecFiles(REPOSITORY)
    assert specs.names() == ("dev", "prod", "staging")
    assert [specs.load(name).name for name in specs.names()] == ["dev", "prod", "staging"]


def test_qdrant_is_of_the_clients_release() -> None:
    # Qdrant supports a client and a server that are one minor version apart, and no further.
    client = metadata.version("qdrant-client").rpartition(".")[0]
    specs = SpecFiles(REPOSITORY)
    deployed = {specs.load(name).vector_database.qdrant_version for name in specs.names()}
    composed = re.findall(r"qdrant/qdrant:\S*v([0-9.]+)", (REPOSITORY / "infra/local/compose.yaml").read_text("utf-8"))
    assert {version.rpartition(".")[0] for version in (*deployed, *composed)} == {client}
    assert composed


def test_several_problems_are_told_at_once_with_their_places(repository: Path) -> None:
    lines = GOOD.splitlines()
    region = lines.index("region: us-east-1")
    cpu = next(index for index, line in enumerate(lines) if line == "    cpu: 512")
    lines[region], lines[cpu] = "regoin: us-east-1", '    cpu: "512"'
    text = refused(repository, "\n".join(lines))
    assert "environments/staging.yaml has 3 problems; nothing was changed" in text
    assert f"environments/staging.yaml:{region + 1}:1: regoin: unknown key: did you mean region?" in text
    assert f"environments/staging.yaml:{cpu + 1}:5: services.api.cpu: must be one of 256, 512" in text
    assert "environments/staging.yaml:3:1: region: missing; add region" in text


def test_a_wrong_schedule_is_told_where_it_stands(repository: Path) -> None:
    lines = GOOD.splitlines()
    scaling = next(index for index, line in enumerate(lines) if line.startswith("    scaling: {"))
    lines[scaling] = lines[scaling].rstrip(" }") + ","
    lines[scaling + 1 : scaling + 1] = [
        "      schedules: {",
        '        mornings: { cron: "0 7 * * *", timezone: Europe/Berln, min: 4, max: 2 },',
        "      } }",
    ]
    text = refused(repository, "\n".join(lines))
    row = scaling + 3
    assert f"environments/staging.yaml:{row}:21: services.api.scaling.schedules.mornings.cron: must have six" in text
    assert f"environments/staging.yaml:{row}:40: services.api.scaling.schedules.mornings.timezone: no such" in text
    assert "did you mean Europe/Berlin?" in text
    assert f"environments/staging.yaml:{row}:64: services.api.scaling.schedules.mornings.min: min 4 is above" in text


def test_an_unknown_environment_gets_a_suggestion(repository: Path) -> None:
    with pytest.raises(UsageError, match=r"Did you mean staging\?") as caught:
        SpecFiles(repository).load("stagng")
    assert "dev, prod, staging" in caught.value.hint
    (repository / "environments" / "demo.yml").touch()
    with pytest.raises(UsageError, match=r"Rename environments/demo\.yml to demo\.yaml"):
        SpecFiles(repository).load("demo")


def test_f61_a_file_that_may_not_be_read_is_preflight(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", deny)  # root may read everything, so the refusal is played
    with pytest.raises(PreflightFailed, match="Permission denied") as caught:
        SpecFiles(repository).load("staging")
    assert caught.value.exit_code == 4


def test_f62_paths_with_spaces_and_unicode_and_links_above_the_repository(repository: Path, tmp_path: Path) -> None:
    strange = tmp_path / "мой проект $(x) ${y} é"
    repository.rename(strange)
    (tmp_path / "link").symlink_to(strange)
    assert SpecFiles(strange).load("dev").name == "dev"
    assert SpecFiles(tmp_path / "link").load("dev").name == "dev"


@pytest.mark.parametrize(
    ("content", "line", "column", "advice"),
    [
        ("name: dev\n\towner: x\n", 2, 1, "a tab is refused"),
        ("name: dev\nowner:\tx\n", 2, 7, "a tab is refused"),
        ("name: dev\nowner: a: b\n", 2, 9, "in quotes"),
        ("name: dev\nzones: {a: 1\nowner: x\n", 3, 6, "bracket is not closed"),
        ('name: dev\nowner: "x\n', 3, 1, "quote is not closed"),
        ("name: dev\n  owner: x\n", 2, 8, "indentation"),
        ("name: dev\nowner: @x\n", 2, 8, "put the value in quotes"),
        ("name: dev\nowner\nregion: x\n", 3, 1, "a colon and a space"),
        ("name: dev\n---\nname: prod\n", 2, 1, "second document"),
        ("name: !!python/object/apply:os.system [ls]\n", 1, 7, "tag"),
        ("? [a]\n: 1\n", 1, 3, "plain word"),
        ('a: "\\UFFFFFFFF"\n', 1, 5, "is no character"),
        ("- a\n", 1, 1, "must be a mapping"),
        ("", 1, 1, "must be a mapping"),
        ("# nothing\n", 1, 1, "must be a mapping"),
        (b"\xff\xfea\x00", 1, 1, "UTF-8"),
        (b"a: 1\nb: \xe9\n", 2, 4, "UTF-8"),
    ],
)
def test_f65_malformed_yaml_has_a_place(content: str | bytes, line: int, column: int, advice: str) -> None:
    [(found_line, found_column, message)] = flaws(content)
    assert (found_line, found_column) == (line, column)
    assert advice in message


def test_f65_duplicate_keys_are_all_told(repository: Path) -> None:
    assert flaws("a: 1\nb: {c: 1, c: 2}\na: {d: 3}\n") == [
        (2, 11, "c is there already, on line 2: remove one of the two"),
        (3, 1, "a is there already, on line 1: remove one of the two"),
    ]
    text = refused(repository, GOOD + "region: us-west-1\n")
    assert f"environments/staging.yaml:{GOOD.count(chr(10)) + 1}:1: region is there already, on line 8" in text


def test_f66_anchors_and_aliases_are_refused() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{index}: &b{index} [*a, *a]\n" for index in range(100))
    assert flaws(bomb) == [(1, 4, "the anchor &a is refused: write values out where they belong")]
    assert "alias" in flaws("a: *a")[0][2]
    assert "merge key" in flaws("<<: {a: 1}")[0][2]


def test_f66_a_large_file_is_refused_before_it_is_parsed(repository: Path) -> None:
    started = time.monotonic()
    assert "larger than 256 KiB" in refused(repository, GOOD + "# " + "x" * 12_000_000)
    assert time.monotonic() - started < 1


def test_f66_many_values_take_bounded_time() -> None:
    many = "".join(f"key{index}: 1\n" for index in range(MAX_NODES))
    assert f"more than {MAX_NODES} values" in flaws(many)[0][2]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "[\n", "{a:\n"])
def test_f67_deep_nesting_is_refused_early(opening: str) -> None:
    for times in (200, 5_000, 50_000):
        [(_, _, message)] = flaws(opening * times)
        assert "more than 32 levels" in message or "longer than 1000 characters" in message


def test_f67_deep_indentation_is_refused_early() -> None:
    assert "more than 32 levels" in flaws("\n".join(" " * level + "a:" for level in range(500)))[0][2]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2001-01-01", "2001-01-01"),
        ("1.15.4", "1.15.4"),
        ("1e3", 1000.0),
        ("-5", -5),
        ("~", None),
        ("null", None),
        ("True", True),
        ('"true"', "true"),
        ("'16'", "16"),
        ("nan", "nan"),
    ],
)
def test_f68_plain_words_mean_what_yaml_1_2_says(word: str, value: object) -> None:
    found = read_yaml(f"a: {word}\n".encode()).value["a"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("key", "word", "advice"),
    [
        ("can_be_destroyed", "yes", 'not the text "yes": write true'),
        ("can_be_destroyed", "1", "must be true or false"),
        ("owner", "no_", None),
        ("owner", "true", "the truth value true: put it in quotes"),
        ("owner", "1e3", "put it in quotes"),
        ("account_id", "123456789012", "put it in quotes"),
        ("account_id", "012345678901", "different readers: put it in quotes"),
        ("owner", "0x1f", "different readers"),
        ("owner", "0123", "different readers"),
    ],
)
def test_f68_nothing_is_coerced(repository: Path, key: str, word: str, advice: str | None) -> None:
    old = next(line for line in GOOD.splitlines() if line.startswith(f"{key}:"))
    content = GOOD.replace(old, f"{key}: {word}")
    if advice is None:
        load(repository, content)
    else:
        assert advice in refused(repository, content)


@pytest.mark.parametrize("word", [".nan", ".NaN", ".inf", "-.inf", "1e999"])
def test_f69_what_is_no_number_is_refused(word: str) -> None:
    assert flaws(f"a: 1\nb: {word}\n")[0][:2] == (2, 4)


def test_f69_integers_are_exact() -> None:
    number = 123456789012345678901234567891
    assert read_yaml(f"a: {number}\n".encode()).value == {"a": number}
    assert "more than 100 digits" in flaws("a: " + "9" * 500)[0][2]


@pytest.mark.parametrize(
    ("content", "column", "name"),
    [
        ("a: x\0y", 5, "U+0000"),
        ('a: "x\\0y"', 4, "U+0000"),
        ('a: "\\ud800"', 4, "U+D800"),
        ("a: x\u202ey", 5, "U+202E (RIGHT-TO-LEFT OVERRIDE)"),
        ('a: "\\u202e"', 4, "U+202E"),
        ("a: 1 # \u2066", 8, "U+2066"),
        ("a\u200b: 1", 2, "U+200B (ZERO WIDTH SPACE)"),
        ("a: \x1b[31m", 4, "U+001B"),
        ("a: x\x85y", 5, "U+0085"),
        ("a: x\u2028y", 5, "U+2028"),
        ("a: 1\rb: 2", 5, "U+000D"),
    ],
)
def test_f70_characters_that_hide_are_refused(content: str, column: int, name: str) -> None:
    [(line, found_column, message)] = flaws(content)
    assert (line, found_column) == (1, column)
    assert name in message


def test_f70_half_a_surrogate_pair_is_no_utf_8() -> None:
    assert "UTF-8" in flaws(b'a: "\xed\xa0\x80"')[0][2]


def test_f71_text_is_normalised_once() -> None:
    composed, decomposed = "é", unicodedata.normalize("NFD", "é")
    assert read_yaml(f"{decomposed}: {decomposed}\n".encode()).value == {composed: composed}
    assert flaws(f"{composed}: 1\n{decomposed}: 2\n")[0][:2] == (2, 1)


@pytest.mark.parametrize(
    "name",
    [
        "..",
        ".",
        "",
        "../x",
        "a/b",
        "a\\b",
        "-help",
        "PROD",
        "p\u0440od",
        "x" * 300,
        "dev ",
        " dev",
        "dev\n",
        "dev\0",
        "ｄｅｖ",  # noqa: RUF001 - full-width letters
        "d",
        "1dev",
        "*",
        "schema.json",
        "bootstrap",
    ],
)
def test_f72_strange_names_are_refused_without_looking_at_files(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        SpecFiles(Path("/nowhere")).load(name)
    assert caught.value.exit_code == 64
    assert str(caught.value).isprintable() or "\n" in str(caught.value)


def test_f72_files_whose_name_is_none_are_not_listed(repository: Path) -> None:
    for name in ("PROD.yaml", ".hidden.yaml", "a b.yaml", "x.yml", "notes.txt"):
        (repository / "environments" / name).touch()
    assert SpecFiles(repository).names() == ("dev", "prod", "staging")


def test_f72_the_file_and_its_name_agree(repository: Path) -> None:
    text = refused(repository, GOOD.replace("name: staging\n", "name: prod\n", 1))
    assert "environments/staging.yaml:3:1: name: is" in text
    assert "write name: staging" in text


def test_f73_a_link_out_of_the_repository_is_refused(repository: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text(GOOD)
    file = repository / "environments" / "staging.yaml"
    file.unlink()
    file.symlink_to(outside)
    with pytest.raises(UsageError, match="leads out of the repository"):
        SpecFiles(repository).load("staging")


def test_f73_a_folder_that_leads_out_is_refused(repository: Path, tmp_path: Path) -> None:
    (repository / "environments").rename(tmp_path / "elsewhere")
    (repository / "environments").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="leads out of the repository"):
        SpecFiles(repository).load("staging")


def test_f73_links_in_a_circle_folders_and_pipes_end_with_an_error(repository: Path) -> None:
    folder = repository / "environments"
    (folder / "circle.yaml").symlink_to(folder / "circle.yaml")
    (folder / "folder.yaml").mkdir()
    os.mkfifo(folder / "pipe.yaml")
    for name in ("circle", "folder", "pipe"):
        with pytest.raises((UsageError, PreflightFailed)):
            SpecFiles(repository).load(name)


def test_f74_an_unknown_key_is_refused(repository: Path) -> None:
    text = refused(repository, GOOD + "autoscaling: {}\n")
    assert f"environments/staging.yaml:{GOOD.count(chr(10)) + 1}:1: autoscaling: unknown key" in text


def test_flaws_are_in_the_order_of_the_file_and_not_too_many(repository: Path) -> None:
    with pytest.raises(InvalidSpec) as caught:
        load(repository, GOOD + "".join(f"extra{index}: 1\n" for index in range(100)))
    positions = [flaw.position for flaw in caught.value.flaws]
    assert positions == sorted(positions)
    assert "and 80 more" in caught.value.why


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(repository: Path) -> None:
    load(repository, b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
