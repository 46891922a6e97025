"""What machines read of an edition, in the words of schema.org: each claim's verdict, and the
evidence as a data set. An address is relative to the edition where it has none of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.check.claims import Judged, judge_all
from analysis.data.facts import Row
from analysis.data.folder import PACKAGE, read_bytes, resources
from analysis.publish.citation import Citation
from analysis.reconstruction.account import Account
from analysis.show.links import address, web_address
from analysis.show.numbers import VERDICT_WORDS

CLAIMS, RESULTS = "claims.jsonld", "results.json"
CONTEXT = "https://schema.org"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
# the worst is 1, the best 4; what cannot be checked has no place on the scale
RATING = {"contradicted": 1, "misleading": 2, "supported_within_boundary": 3, "supported": 4}

Thing = dict[str, Any]


def write_claims(account: Account, cited: Citation, base_url: str, edition: Path) -> None:
    """Write the claims as a graph of ClaimReview into an edition."""
    reviews = [review(one, account, cited, base_url) for one in judge_all(account)]
    (edition / CLAIMS).write_text(script_text({"@graph": reviews}) + "\n", encoding="utf-8")


def review(one: Judged, account: Account, cited: Citation, base_url: str) -> Thing:
    """A claim with its verdict as a ClaimReview."""
    source = account.evidence.by_id("sources")[one.source_id]
    link = web_address(source["url"])
    where = {"url": link} if link else {}
    return {
        "@type": "ClaimReview",
        "url": base_url + address(Row("claims", one.id)),
        "identifier": one.id,
        "datePublished": str(cited.date),
        "author": _publisher(cited),
        "claimReviewed": one.claim,
        "reviewBody": one.reason,
        "reviewRating": rating(one.verdict, one.reason),
        "itemReviewed": {
            "@type": "Claim",
            "author": {"@type": "Organization", "name": one.who},
            "datePublished": one.date,
            "appearance": {"@type": "CreativeWork", "name": source["title"]} | where,
        },
    }


def rating(verdict: str, why: str) -> Thing:
    """A verdict as a Rating: its word, its place on the scale, and why."""
    scale = {"bestRating": max(RATING.values()), "worstRating": min(RATING.values())}
    place = {"ratingValue": RATING[verdict]} | scale if verdict in RATING else {}
    return {
        "@type": "Rating",
        "alternateName": VERDICT_WORDS[verdict],
        "ratingExplanation": why,
    } | place


def data_set(
    account: Account, cited: Citation, base_url: str, about: str, results: Sequence[str]
) -> Thing:
    """The evidence folder and the files of `results` as a Dataset; `about` is what the first page
    says.
    """
    package = json.loads(read_bytes(account.evidence.directory / PACKAGE))
    files = [*results, f"data/{PACKAGE}"]
    tables = [f"data/{table['path']}" for table in resources(account.evidence.directory)]
    return {
        "@type": "Dataset",
        "name": str(package.get("title", cited.title)),
        "description": about,
        "url": f"{base_url}index.html",
        "license": LICENCE,
        "version": cited.version,
        "identifier": f"sha256:{account.evidence.sha256}",
        "dateModified": str(cited.date),
        "creator": _publisher(cited),
        "isAccessibleForFree": True,
        "distribution": [_download(name, base_url) for name in [*files, *tables]],
    }


def script(thing: Thing) -> str:
    """A thing as a script element, which nothing in it can end."""
    return f'<script type="application/ld+json">{script_text(thing)}</script>'


def script_text(thing: Thing) -> str:
    """A thing as JSON-LD."""
    text = json.dumps({"@context": CONTEXT} | thing, ensure_ascii=False, sort_keys=True, indent=1)
    return text.replace("<", "\\u003c")


def _publisher(cited: Citation) -> Thing:
    known = {"url": cited.repository} if cited.repository else {}
    return {"@type": "Organization", "name": cited.authors} | known


def _download(name: str, base_url: str) -> Thing:
    kinds = {".csv": "text/csv", ".json": "application/json", ".jsonld": "application/ld+json"}
    return {
        "@type": "DataDownload",
        "contentUrl": base_url + name,
        "encodingFormat": kinds[Path(name).suffix],
        "name": name,
    }
