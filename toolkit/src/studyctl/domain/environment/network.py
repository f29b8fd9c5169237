"""Where an environment lives: its name in DNS, its address range, its zones."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.functional_validators import AfterValidator
from pydantic_core import PydanticCustomError

from studyctl.domain.environment.base import Matches, Problem, Spec, refuse, repeated, type_of_text

# AWS accepts a VPC and a subnet between these sizes.
SMALLEST_PREFIX, LARGEST_PREFIX = 28, 16
PRIVATE_RANGES = tuple(ipaddress.IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


def _whole_range(text: str) -> str:
    example = "such as 10.0.1.0/24"
    try:
        network = ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        raise PydanticCustomError(type_of_text, "must be an IPv4 range {example}", {"example": example}) from None
    if text != str(network):
        raise PydanticCustomError(
            type_of_text, "must start at the first address of the range: write {canonical}", {"canonical": str(network)}
        )
    if not LARGEST_PREFIX <= network.prefixlen <= SMALLEST_PREFIX:
        raise PydanticCustomError(
            type_of_text,
            "must be between /{largest} and /{smallest}, which is what AWS accepts",
            {"largest": LARGEST_PREFIX, "smallest": SMALLEST_PREFIX},
        )
    return text


Cidr = Annotated[
    str, Matches(r"[0-9.]{7,15}/[0-9]{1,2}", "an IPv4 range such as 10.0.1.0/24"), AfterValidator(_whole_range)
]
Endpoint = Literal[
    "ec2messages",
    "ecr.api",
    "ecr.dkr",
    "kms",
    "logs",
    "monitoring",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "ssmmessages",
    "sts",
]
ZoneLetter = Literal["a", "b", "c", "d", "e", "f"]


class Domain(Spec):
    """The DNS name of the environment."""

    # A certificate's common name may not be longer than 64 characters.
    name: Annotated[
        str,
        Field(
            max_length=64,
            description="DNS name of the environment. At most 64 characters, because it becomes a certificate's name.",
            examples=["staging.study-ai.example"],
        ),
        Matches(
            r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])",
            "a lower-case DNS name with at least one dot, such as staging.study-ai.example"
            " (write an international name in its xn-- form)",
        ),
    ]
    hosted_zone_id: Annotated[
        Annotated[
            str, Matches(r"Z[A-Z0-9]{5,31}", "the id of a Route 53 hosted zone, such as Z0123456789ABCDEFGHIJ, or null")
        ]
        | None,
        Field(
            description="Route 53 public hosted zone that holds the name; null: the environment creates its own.",
            examples=["Z0123456789ABCDEFGHIJ"],
        ),
    ]


class Zone(Spec):
    """The subnets of one availability zone."""

    public: Annotated[
        Cidr, Field(description="Subnet of the load balancer and the NAT gateway.", examples=["10.0.1.0/24"])
    ]
    private: Annotated[
        Cidr, Field(description="Subnet of the services; reaches out through NAT.", examples=["10.0.11.0/24"])
    ]
    isolated: Annotated[
        Cidr, Field(description="Subnet of database and cache; has no way out.", examples=["10.0.21.0/24"])
    ]


class Network(Spec):
    """The VPC and how it reaches out."""

    cidr: Annotated[
        Cidr,
        Field(
            description="Address range of the VPC: private (RFC 1918) and different in each environment.",
            examples=["10.0.0.0/16"],
        ),
    ]
    nat_gateways: Annotated[
        Literal["single", "per_zone"],
        Field(description="`single` is cheaper and shares its zone's fate; `per_zone` survives the loss of a zone."),
    ]
    private_endpoints: Annotated[
        tuple[Endpoint, ...],
        Field(
            description="AWS services that are reached inside the VPC instead of through NAT. S3 always is.",
            examples=[["ecr.api", "ecr.dkr", "logs"]],
        ),
    ]
    zones: Annotated[
        Mapping[ZoneLetter, Zone],
        Field(
            min_length=2,
            description="Subnets of each availability zone, by the zone's letter: at least two zones.",
        ),
    ]

    @model_validator(mode="after")
    def _fits_together(self) -> Network:
        refuse([*self._range_problems(), *self._overlaps(), *self._endpoint_problems()])
        return self

    def _subnets(self) -> Iterator[tuple[tuple[str, ...], ipaddress.IPv4Network]]:
        for letter, zone in self.zones.items():
            for tier, cidr in (("public", zone.public), ("private", zone.private), ("isolated", zone.isolated)):
                yield ("zones", letter, tier), ipaddress.IPv4Network(cidr)

    def _range_problems(self) -> Iterator[Problem]:
        vpc = ipaddress.IPv4Network(self.cidr)
        if not any(vpc.subnet_of(private) for private in PRIVATE_RANGES):
            yield Problem(("cidr",), f"{vpc} is public: take it from 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
        for path, subnet in self._subnets():
            if not subnet.subnet_of(vpc):
                yield Problem(path, f"{subnet} is outside network.cidr {vpc}: choose a subnet of {vpc}")

    def _overlaps(self) -> Iterator[Problem]:
        for (first_path, first), (second_path, second) in combinations(self._subnets(), 2):
            if first.overlaps(second):
                yield Problem(
                    second_path, f"{second} overlaps {'.'.join(first_path)} {first}: give each subnet its own range"
                )

    def _endpoint_problems(self) -> Iterator[Problem]:
        yield from repeated(self.private_endpoints, "private_endpoints")
        chosen = set(self.private_endpoints) & {"ecr.api", "ecr.dkr"}
        if len(chosen) == 1:
            missing = ({"ecr.api", "ecr.dkr"} - chosen).pop()
            yield Problem(("private_endpoints",), f"pulling an image needs both ecr.api and ecr.dkr: add {missing}")
