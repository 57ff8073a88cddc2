"""Policies and forms that a new dataset starts with. Data: each dataset may change its own."""

from governance.catalogue.services import TierSpec

ANNOTATIONS_FORM = (
    {
        "name": "affiliation",
        "label": "Where do you work?",
        "kind": "text",
        "required": True,
        "least": 3,
        "help": "Organisation and group, as they stand on your publications.",
    },
    {
        "name": "purpose",
        "label": "What will you do with the annotations?",
        "kind": "long",
        "required": True,
        "least": 40,
        "help": "What is measured or trained, and what leaves your group at the end.",
    },
    {
        "name": "ethics",
        "label": "Which ethical standards do you uphold, and who oversees them?",
        "kind": "long",
        "required": True,
        "least": 20,
        "help": "A review board, a supervisor, a code of conduct; say how misuse is kept out.",
    },
    {
        "name": "protection",
        "label": "How will the data be protected?",
        "kind": "long",
        "required": True,
        "least": 20,
        "help": "Where it is kept, who can reach it, when and how it is erased.",
    },
    {
        "name": "no_sharing",
        "label": "I will not share the annotations, and will not try to find out whom they concern",
        "kind": "declaration",
        "required": True,
    },
    {
        "name": "erasure",
        "label": "I will erase them when the grant ends",
        "kind": "declaration",
        "required": True,
    },
)

TIERS = (
    TierSpec(
        "processed",
        "Redacted source files whose licences allow it, with provenance on every row.",
        {"download": ["signed_in", "verified", "served", "token", "terms"]},
    ),
    TierSpec(
        "annotations",
        "Sampled files with the places of private values marked. The values are made up.",
        {
            "download": [
                "signed_in",
                "verified",
                "served",
                "token",
                "terms",
                "grant",
                "second_factor",
            ]
        },
        ANNOTATIONS_FORM,
        365,
        reviewers=2,
    ),
    TierSpec(
        "raw",
        "All that was collected, before selection and redaction, to answer questions of "
        "provenance and removal.",
        {"download": ["signed_in", "steward", "verified", "served", "token", "second_factor"]},
    ),
)
