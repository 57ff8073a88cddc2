"""A browser's name for itself, in words: good enough to recognise one's own devices."""

BROWSERS = (  # the first that is found; most of them claim to be the later ones as well
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
    ("python", "a Python program"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def words(agent: str) -> str:
    """`Firefox on Linux`; what it can't tell it leaves out."""
    found = [
        next((name for mark, name in marks if mark.lower() in agent.lower()), "")
        for marks in (BROWSERS, SYSTEMS)
    ]
    return " on ".join(part for part in found if part) or "Unknown browser"
