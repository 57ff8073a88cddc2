"""The terms that a new dataset starts with: three duties of a governed dataset, and two more."""

from governance.terms.texts import ClauseSpec

TITLE = "Terms of use"
SUMMARY = (
    "You may use the dataset for any lawful purpose. Keep the licences of the files, keep your "
    "copy current, pass these terms on with the data, and leave people alone."
)
CLAUSES = (
    ClauseSpec(
        "Original licences",
        "The Recipient shall comply with the licence under which each item of the Dataset was made "
        "public, including any requirement of attribution, as recorded in the fields licenses, "
        "repo_id and max_stars_repo_name of that item.",
        "The files keep their own licences. Every row says which one and where it came from, so "
        "that you can give credit.",
    ),
    ClauseSpec(
        "Keeping a copy current",
        "The Recipient shall replace every copy held by the current version of the Dataset within "
        "forty-two days of its publication, and shall erase every copy of a version that has been "
        "withdrawn.",
        "People take their work out between versions. When a new version comes out, update within "
        "six weeks; when one is withdrawn, erase it.",
    ),
    ClauseSpec(
        "Passing it on",
        "The Recipient may host, share or otherwise provide the Dataset or a copy of it to a third "
        "party only where these Terms are included and that party has first agreed to them.",
        "You may pass it on, if these terms go with it and who gets it agrees to them first.",
    ),
    ClauseSpec(
        "People in the data",
        "The Recipient shall not attempt to identify a natural person from the Dataset, nor to "
        "recover a value that has been replaced, and shall report without delay any personal data "
        "found in it.",
        "Do not go looking for people or their secrets. If you come upon one, tell us.",
    ),
    ClauseSpec(
        "Safe use",
        "The Recipient shall not execute items of the Dataset outside an isolated environment, and "
        "uses the Dataset, which is provided as it is and without warranty, at the Recipient's own "
        "risk.",
        "This is other people's code, not reviewed by us. Do not run it where it can do harm.",
    ),
)
USES = (
    {
        "use": "Train or evaluate a model, also commercially",
        "answer": "permitted",
        "condition": "Original licences are kept and attribution is given where asked",
        "clause": "1",
    },
    {
        "use": "Publish results, figures and short excerpts",
        "answer": "permitted",
        "condition": "The excerpt's own licence is kept",
        "clause": "1",
    },
    {
        "use": "Share within a research group",
        "answer": "conditional",
        "condition": "Each person has agreed to these terms",
        "clause": "3",
    },
    {
        "use": "Host a copy for others",
        "answer": "conditional",
        "condition": "These terms are included, and the copy follows every new version",
        "clause": "3",
    },
    {
        "use": "Keep an old version for good",
        "answer": "forbidden",
        "condition": "Keep its manifest and your results instead",
        "clause": "2",
    },
    {
        "use": "Look for people, or rebuild redacted values",
        "answer": "forbidden",
        "condition": "Report what you notice",
        "clause": "4",
    },
)
