from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.workspace import BOOTSTRAP, NAME_PATTERN, Workspace, check_environment_name
from studyctl.errors import UsageError

REPOSITORY = Path("/a repository/ü")


@pytest.mark.parametrize(
    "name",
    ["..", "", "../x", "a/b", "-help", "PROD", "\u0440rod", "x" * 300, "dev ", "dev\n", " dev", "a", "1dev", "dev\0"],
)
def test_what_cannot_name_an_environment_is_bad_input(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        Workspace.platform(name, REPOSITORY)
    assert caught.value.exit_code == 64
    assert len(str(caught.value)) < 400
    assert str(caught.value).isascii() or "…" in str(caught.value)


def test_the_bootstrap_name_is_reserved() -> None:
    with pytest.raises(UsageError):
        check_environment_name(BOOTSTRAP)
    assert Workspace.bootstrap(REPOSITORY).root == REPOSITORY / "infra" / "bootstrap"


@given(st.from_regex(NAME_PATTERN, fullmatch=True).filter(lambda name: name != BOOTSTRAP))
def test_everything_of_an_environment_is_below_its_own_build_folder(name: str) -> None:
    workspace = Workspace.platform(name, REPOSITORY)
    below = REPOSITORY / ".build" / name
    paths = (workspace.data_dir, workspace.var_file, workspace.backend_config, workspace.runs, workspace.init_stamp)
    assert all(path.is_relative_to(below) for path in paths)
    assert len({*paths}) == len(paths)


@given(st.text(max_size=30))
def test_a_name_is_accepted_exactly_when_it_matches(name: str) -> None:
    is_good = NAME_PATTERN.fullmatch(name) is not None and name != BOOTSTRAP
    try:
        check_environment_name(name)
    except UsageError:
        assert not is_good
    else:
        assert is_good


def test_relative_paths_are_a_bug() -> None:
    with pytest.raises(ValueError, match="absolute"):
        Workspace("dev", Path("infra"), Path("/build"))
