"""Controls of CDNs and firewalls."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.graph.resources import Json
from studyctl.domain.policy.plan_rules.subject import PlanSubject, at, control
from studyctl.domain.policy.rules.rule import Offence

OLDEST_TLS = "TLSv1.2_2021"
A_YEAR_SECONDS = 31_536_000
NEEDED_RULES = ("AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesCommonRuleSet", "rate_based_statement")
_HTTPS = frozenset({"https-only", "redirect-to-https"})


def viewers_use_sni_and_modern_tls(subject: PlanSubject) -> Iterator[Offence]:
    """Yield distributions with old TLS or an address of their own."""
    for distribution in subject.of("aws_cloudfront_distribution"):
        certificate = distribution.block("viewer_certificate")
        if certificate.get("ssl_support_method") != "sni-only":
            yield at(distribution, "viewers without SNI are served")
        if str(certificate.get("minimum_protocol_version") or "") < OLDEST_TLS:
            yield at(distribution, f"viewers may use {certificate.get('minimum_protocol_version') or 'old TLS'}")


def viewers_come_over_https(subject: PlanSubject) -> Iterator[Offence]:
    """Yield distributions that answer over HTTP."""
    for distribution in subject.of("aws_cloudfront_distribution"):
        behaviours = [*distribution.blocks("default_cache_behavior"), *distribution.blocks("ordered_cache_behavior")]
        if any(behaviour.get("viewer_protocol_policy") not in _HTTPS for behaviour in behaviours):
            yield at(distribution, "a path is served over HTTP")


def origins_are_reached_over_tls(subject: PlanSubject) -> Iterator[Offence]:
    """Yield origins that are reached in the open."""
    for distribution in subject.of("aws_cloudfront_distribution"):
        for origin in distribution.blocks("origin"):
            for custom in origin.get("custom_origin_config") or ():
                protocols = set(custom.get("origin_ssl_protocols") or ())
                if custom.get("origin_protocol_policy") != "https-only" or not protocols <= {"TLSv1.2", "TLSv1.3"}:
                    yield at(distribution, f"the origin {origin.get('origin_id')} is not reached over TLS 1.2 only")


def origins_exist(subject: PlanSubject) -> Iterator[Offence]:
    """Yield distributions that fetch from a bucket which the plan does not have: whoever makes it serves the site."""
    buckets = {bucket.text("bucket") for bucket in subject.of("aws_s3_bucket")} - {""}
    for distribution in subject.of("aws_cloudfront_distribution"):
        for origin in distribution.blocks("origin"):
            host = str(origin.get("domain_name") or "")
            if ".s3." in host and host.partition(".s3.")[0] not in buckets and buckets:
                yield at(distribution, f"the bucket of {host} is not in this plan")


def bucket_origins_are_signed_for(subject: PlanSubject) -> Iterator[Offence]:
    """Yield bucket origins without origin access control."""
    for distribution in subject.of("aws_cloudfront_distribution"):
        unknown = distribution.unknown.get("origin")
        for number, origin in enumerate(distribution.blocks("origin")):
            mark = unknown[number] if isinstance(unknown, list) and number < len(unknown) else {}
            is_signed = origin.get("origin_access_control_id") or (
                isinstance(mark, dict) and mark.get("origin_access_control_id")
            )
            if not origin.get("custom_origin_config") and not is_signed:
                yield at(distribution, f"requests to {origin.get('origin_id')} are not signed")


def viewers_are_told_to_stay_on_https(subject: PlanSubject) -> Iterator[Offence]:
    """Yield header policies with a weak HSTS."""
    for policy in subject.of("aws_cloudfront_response_headers_policy"):
        headers = policy.block("security_headers_config")
        transport: Json = next(iter(headers.get("strict_transport_security") or ()), {})
        seconds = transport.get("access_control_max_age_sec") or 0
        if seconds < A_YEAR_SECONDS or not transport.get("include_subdomains"):
            yield at(policy, "Strict-Transport-Security holds for less than a year, or not for subdomains")


def firewalls_have_the_rules_that_matter(subject: PlanSubject) -> Iterator[Offence]:
    """Yield web ACLs without managed rules, Log4j or a limit of rates."""
    for acl in subject.of("aws_wafv2_web_acl"):
        written = str(acl.values.get("rule"))
        for rule in NEEDED_RULES:
            if rule not in written:
                yield at(acl, f"it has no {rule}")


def firewalls_log(subject: PlanSubject) -> Iterator[Offence]:
    """Yield web ACLs that tell nobody what they refused."""
    logged = subject.companions("resource_arn", "aws_wafv2_web_acl_logging_configuration")
    for acl in subject.of("aws_wafv2_web_acl"):
        if acl.address not in logged:
            yield at(acl, "what it refuses is not logged")


def distributions_have_a_firewall(subject: PlanSubject) -> Iterator[Offence]:
    """Yield distributions without a web ACL."""
    for distribution in subject.of("aws_cloudfront_distribution"):
        if not distribution.has("web_acl_id"):
            yield at(distribution, "it has no web ACL")


_WAF = "https://docs.aws.amazon.com/waf/latest/developerguide/"

RULES = (
    control(
        "SC768",
        "old-viewer-tls",
        viewers_use_sni_and_modern_tls,
        fsbp="CloudFront.8",
        summary="Viewers use SNI and TLS 1.2 or newer",
        fix='Set ssl_support_method = "sni-only" and minimum_protocol_version = "TLSv1.2_2021".',
    ),
    control(
        "SC769",
        "viewers-over-http",
        viewers_come_over_https,
        fsbp="CloudFront.3",
        summary="Viewers come over HTTPS",
        fix='Set viewer_protocol_policy = "redirect-to-https".',
    ),
    control(
        "SC770",
        "origin-over-http",
        origins_are_reached_over_tls,
        fsbp="CloudFront.9",
        summary="Origins are reached over TLS 1.2 (and CloudFront.10)",
        fix='Set origin_protocol_policy = "https-only" and origin_ssl_protocols = ["TLSv1.2"].',
    ),
    control(
        "SC771",
        "missing-origin",
        origins_exist,
        fsbp="CloudFront.12",
        severity=Severity.HIGH,
        summary="Buckets that a distribution serves exist",
        fix="Correct the origin, or make the bucket in the same plan.",
    ),
    control(
        "SC772",
        "unsigned-origin",
        bucket_origins_are_signed_for,
        fsbp="CloudFront.13",
        summary="Requests to buckets are signed with origin access control",
        fix="Set origin_access_control_id.",
    ),
    control(
        "SC773",
        "weak-hsts",
        viewers_are_told_to_stay_on_https,
        source="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html",
        summary="Viewers are told to stay on HTTPS for a year, subdomains too",
        fix="Set access_control_max_age_sec = 31536000 and include_subdomains = true.",
    ),
    control(
        "SC774",
        "thin-firewall",
        firewalls_have_the_rules_that_matter,
        source=_WAF + "aws-managed-rule-groups-list.html",
        summary="Web ACLs have the managed rules against bad input, and limit rates",
        fix="Add the managed rule groups and a rate_based_statement.",
    ),
    control(
        "SC775",
        "silent-firewall",
        firewalls_log,
        fsbp="WAF.11",
        severity=Severity.LOW,
        summary="Web ACLs log",
        fix="Add an aws_wafv2_web_acl_logging_configuration.",
    ),
    control(
        "SC776",
        "cdn-without-firewall",
        distributions_have_a_firewall,
        fsbp="CloudFront.6",
        is_for_protected=True,
        summary="Distributions have a web ACL",
        fix="Set web_acl_id.",
    ),
)
