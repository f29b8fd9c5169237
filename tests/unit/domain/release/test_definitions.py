from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.support.releases.definitions import REPOSITORY, SECRET, digest, template

from studyctl.domain.release.definitions import (
    DefinitionChange,
    differences,
    does_the_same,
    image_of,
    log_stream_of,
    referenced_secrets,
    registrable,
    version_of,
    with_image,
    with_version,
)

VARIABLES = st.dictionaries(st.from_regex(r"[A-Z]{1,8}", fullmatch=True), st.text(max_size=8), max_size=6)


def as_ecs_answers(definition: dict[str, Any]) -> dict[str, Any]:
    """With what ECS adds, and lists of variables in another order."""
    answer = registrable(definition)
    for container in answer["containerDefinitions"]:
        container["environment"] = list(reversed(container["environment"]))
        container |= {"cpu": 0, "mountPoints": [], "volumesFrom": [], "portMappings": [], "systemControls": []}
    return answer | {
        "taskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/x:7",
        "revision": 7,
        "status": "ACTIVE",
        "compatibilities": ["EC2", "FARGATE"],
        "placementConstraints": [],
        "registeredBy": "somebody",
    }


@given(VARIABLES)
def test_what_ecs_adds_is_no_difference(variables: dict[str, str]) -> None:
    definition = template("x", **variables)
    assert does_the_same(definition, as_ecs_answers(definition))


@given(VARIABLES)
def test_registering_an_answer_again_gives_the_same_document(variables: dict[str, str]) -> None:
    once = registrable(as_ecs_answers(template("x", **variables)))
    assert registrable(as_ecs_answers(once)) == once
    assert "revision" not in once


def test_a_release_changes_the_application_and_not_what_stands_beside_it() -> None:
    definition = template("x")
    sidecar = {"name": "collector", "image": "collector@sha256:1", "essential": False, "environment": []}
    definition["containerDefinitions"] = [sidecar, *definition["containerDefinitions"]]
    image = f"{REPOSITORY}@{digest('y')}"
    released = with_version(with_image(definition, image), "7")

    assert (image_of(released), version_of(released)) == (image, "7")
    assert released["containerDefinitions"][0] == sidecar
    assert [change.path for change in differences(definition, released)] == ["app.image"]
    assert log_stream_of(released, "task") == log_stream_of(template("x"), "task")


@given(VARIABLES, VARIABLES)
def test_each_variable_that_differs_is_told_once(before: dict[str, str], after: dict[str, str]) -> None:
    told = {
        change.path: (change.before, change.after)
        for change in differences(template("x", **before), template("x", **after))
    }
    everything = {**template_variables(before), **template_variables(after)}
    expected = {
        f"app.environment.{name}": (template_variables(before).get(name), template_variables(after).get(name))
        for name in everything
        if template_variables(before).get(name) != template_variables(after).get(name)
    }
    assert told == expected


def template_variables(variables: dict[str, str]) -> dict[str, str]:
    return {"LOG_LEVEL": "info", **variables}


def test_the_release_it_belongs_to_is_no_difference_and_can_be_read_back() -> None:
    one, other = with_version(template("x"), "4"), with_version(template("x"), "5")
    assert does_the_same(one, other)
    assert (version_of(one), version_of(with_version(one, "9")), version_of(template("x"))) == ("4", "9", None)


def test_another_image_is_a_difference_and_nothing_else_changes() -> None:
    before = template("x")
    after = with_image(before, f"{REPOSITORY}@{digest('b')}")
    assert list(differences(before, after)) == [
        DefinitionChange("app.image", f"{REPOSITORY}@{digest('0')}", f"{REPOSITORY}@{digest('b')}")
    ]
    assert image_of(before).endswith(digest("0")), "the one before is not touched"


def test_without_a_definition_before_everything_is_new() -> None:
    assert all(change.before is None for change in differences(None, template("x")))


def test_what_a_definition_refers_to() -> None:
    assert referenced_secrets(template("x")) == {"DATABASE_PASSWORD": SECRET}
    assert log_stream_of(template("x"), "0123") == "task/app/0123"
