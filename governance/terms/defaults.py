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

# ------------------------------------------------------------------ after winding down

RESTRICTED_TITLE = "Terms after winding down"
RESTRICTED_SUMMARY = (
    "The dataset has ended. Nothing of it is handed out. Use no copy any more but to finish what "
    "is begun, pass none on, and erase what you hold."
)


def restricted_clauses(erase_by: str) -> tuple[ClauseSpec, ...]:
    """What holds for who has a copy once the dataset was wound down; `erase_by` is a moment."""
    return (
        ClauseSpec(
            "Erasing copies",
            "The Recipient shall erase every copy of the Dataset, of whatever version and in "
            f"whatever place, by {erase_by}.",
            f"Erase every copy that you hold by {erase_by}.",
        ),
        ClauseSpec(
            "Use until then",
            "Until then the Recipient may use a copy held on the day of these Terms only to "
            "complete work begun before it, and to the extent that the earlier terms permitted.",
            "Finish what you have begun. Begin nothing new.",
        ),
        ClauseSpec(
            "No sharing",
            "The Recipient shall not host, share or otherwise provide the Dataset, or a copy or "
            "part of it, to any third party, and shall end any such provision without delay.",
            "Pass nothing on. Take down what you host.",
        ),
        ClauseSpec(
            "What remains",
            "Results obtained before that day may be kept. The duties to keep the licences of "
            "items used in them, and to leave persons in the Dataset alone, survive.",
            "Keep your results. Credit, and people's peace, stay owed.",
        ),
    )


RESTRICTED_USES = (
    {
        "use": "Keep results, models and manifests made before",
        "answer": "permitted",
        "condition": "Licences of the files used in them are kept",
        "clause": "4",
    },
    {
        "use": "Finish work that was begun",
        "answer": "conditional",
        "condition": "Until copies are to be erased",
        "clause": "2",
    },
    {
        "use": "Share or host a copy",
        "answer": "forbidden",
        "condition": "Take down what you host",
        "clause": "3",
    },
    {
        "use": "Keep a copy",
        "answer": "forbidden",
        "condition": "Erase it by the day that clause 1 names",
        "clause": "1",
    },
)
