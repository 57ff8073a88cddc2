"""Names and user names of people, where the form of the text tells them: best effort by rules.

Names stand in copyright lines, author fields, trailers of commits and before an address in angle
brackets; user names in home folders, notes (`TODO(ada)`), fields and links to profiles. What else
is a name, a model may say.
"""

import re

from .contexts import in_attribution
from .found import Found, Judge, Rule, only
from .validators import may_be_secret

_UPPER = r"(?:[A-Z]|\xc3[\x80-\x9e])"
_LETTER = r"(?:[A-Za-z'-]|[\xc3-\xc9][\x80-\xbf])"
_WORD = rf"{_UPPER}(?:{_LETTER}+|\.)"
_PARTICLE = r"(?:(?:v[ao]n|d[aeiou]|de[lnr]|l[ae]|bin|ten|ter|af|zu) )"
_NAME = rf"{_WORD}(?:[ ]{_PARTICLE}?{_WORD}){{1,3}}"
_LOGIN = r"[A-Za-z0-9][A-Za-z0-9._-]{1,38}"
_FIELD = r"[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"'\[(]{0,2}"
_OWN = "own: the forms of notices, author fields and trailers"

# Words of organisations, of licences and of code that stand where a name would.
_NO_NAMES = frozenset(
    """
    united states government kingdom ab sa oy bv kg plc pty srl spa sarl inc llc ltd limited
    corp corporation company co gmbh ag foundation university universitat
    institute institut team project projects authors author contributors contributor maintainers
    software systems system technologies technology group labs lab laboratory laboratories
    google microsoft apache facebook meta amazon oracle intel nvidia ibm mozilla all rights
    reserved the license licence licensed free open source developers developer community
    networks network international consortium department association society council committee
    center centre college school research services solutions studio studios media holdings
    holder holders owner owners python ruby java javascript node django flask react linux gnu
    unix windows mit bsd api http url version copyright notice this that these for and with see
    under use used new create get set add remove update delete default none true false null name
    names first last full user email mail string object class function method type value test
    tests example sample redistribution permission hereby portions enterprise platform framework
    library internet web online digital global initiative alliance committee federation working
    various other others present everyone anyone
    """.split()  # noqa: SIM905
)
_SAMPLES = frozenset(
    """
    john_doe jane_doe john_smith jane_smith joe_bloggs max_mustermann erika_mustermann foo_bar
    bob_smith alice_smith john_q_public test_user your_name jean_dupont juan_perez mario_rossi
    """.split()  # noqa: SIM905
)
_COMPANY = re.compile(
    r"[,.]?\s{0,2}(?:Inc|LLC|Ltd|Corp|GmbH|S\.A|B\.V|AG|Co|& Co)\b", re.IGNORECASE
)

# Accounts of machines and roles, and words that stand for an account.
_NOBODY = frozenset(
    """
    root admin administrator ubuntu debian centos ec2-user vagrant runner runneradmin travis
    circleci jenkins git node app deploy docker default public shared all guest nobody www-data
    www web user users username user-name user_name yourname your-name your_username
    yourusername your-username me you myuser myusername mine self name login account home
    project projects work workspace src gitpod codespace vscode pi postgres mysql redis nginx
    apache hadoop spark airflow jovyan rstudio conda linuxbrew runneruser buildkite-agent
    builder build appuser sa system service daemon test tests tester testuser test-user demo
    example sample string none null true false undefined required optional value text email
    password anonymous anonymoususer unknown bot dependabot features about login settings
    marketplace explore topics orgs apps sponsors pricing security contact share intent hashtag
    search i home notifications issues pulls
    """.split()  # noqa: SIM905
)
_STAND_INS = frozenset(
    """
    alice bob carol dave eve mallory foo bar baz john jane doe johndoe janedoe jdoe joe jsmith
    octocat johnsmith user1 user2 foobar someone somebody somebodyelse
    """.split()  # noqa: SIM905
)


def person(found: Found) -> Found | None:
    """Keep what can be a person's name; a name of nobody (John Doe) is NAME_EXAMPLE."""
    value = found.value
    words = [word.strip(".'-").casefold() for word in value.split()]
    while words and words[-1] in ("all", "rights", "reserved", "and", "the"):
        words.pop()
        value = value[: value.rstrip().rfind(" ")]
    if len(words) < 2 or any(word in _NO_NAMES for word in words):
        return None
    if max(map(len, words)) < 3 or value.isupper() or _COMPANY.match(found.after(20)):
        return None
    found = found._replace(end=found.start + len(value.rstrip(" -'")))
    return found._replace(cls="NAME_EXAMPLE") if "_".join(words) in _SAMPLES else found


def account(found: Found) -> Found | None:
    """Keep a login that can be a person's; a stand-in (alice, foo) is USERNAME_EXAMPLE."""
    value = found.value.rstrip(".-_")
    plain = value.casefold()
    if len(plain) < 2 or plain in _NOBODY or plain.isdigit() or not may_be_secret(found):
        return None
    if plain.endswith((".py", ".js", ".com", ".org", ".net", ".io", ".html", "[bot]")):
        return None
    found = found._replace(end=found.start + len(value))
    return found._replace(cls="USERNAME_EXAMPLE") if plain in _STAND_INS else found


def _shaded(found: Found) -> Found:
    return found if found.cls.endswith("_EXAMPLE") else in_attribution(found)


_LOOSE = (only(may_be_secret), _shaded)


def _name(name: str, pattern: str, score: float = 0.8) -> Rule:
    return Rule(name, "NAME", pattern, _OWN, (person, _shaded), score, loose=_LOOSE)


def _user(name: str, pattern: str, judge: Judge = account, score: float = 0.6) -> Rule:
    return Rule(name, "USERNAME", pattern, _OWN, (judge, _shaded), score, loose=_LOOSE)


PEOPLE = (
    _name(
        "copyright-name",
        r"(?:[Cc]opyright|COPYRIGHT|\([Cc]\)|\xc2\xa9)[ \t:]{0,3}(?:\([Cc]\)|\xc2\xa9)?"
        rf"[ \t,0-9-]{{0,40}}(?:by )?({_NAME})",
        0.9,
    ),
    _name(
        "author-name",
        r"(?:@author|[Aa]uthors?|AUTHORS?|[Mm]aintainers?|__author__|[Cc]ontributors?)"
        rf"(?:{_FIELD}|[ \t]{{1,4}})({_NAME})",
        0.85,
    ),
    _name(
        "credit-name",
        r"(?:[Ww]ritten|[Cc]reated|[Dd]eveloped|[Mm]odified|[Cc]ontributed|[Pp]orted|[Rr]eported)"
        rf" by[: \t]{{1,3}}({_NAME})",
    ),
    _name(
        "trailer-name",
        rf"(?:Signed-off|Reviewed|Co-authored|Acked|Tested|Reported|Suggested)-by: ({_NAME})",
        0.95,
    ),
    _name("name-before-address", rf"({_NAME})[\"']?[ ]?<[^<>@\s]{{1,64}}@", 0.9),
    _name(
        "name-field",
        r"(?:full|first|last|display|author|customer|contact)_?[Nn]ame[\"']?\s{0,3}[:=]\s{0,3}[\"']"
        rf"({_NAME})[\"']",
        0.7,
    ),
    _user(
        "home-folder", rf"(?:^|\W)(?:/home/|/Users/|[A-Z]:\\{{1,2}}Users\\{{1,2}})({_LOGIN})[/\\]"
    ),
    _user("note-of", r"\b(?:TODO|FIXME|XXX|HACK|NOTE)\(@?([A-Za-z][A-Za-z0-9._-]{1,38})\)"),
    _user("author-login", rf"@author[ \t]{{1,4}}@?([a-z]{_LETTER}{{1,30}}\d{{0,4}})[ \t]*\r?\n"),
    _user(
        "mention",
        r"(?:[Bb]y|[Tt]hanks to|[Tt]hanks|[Cc][Cc]|[Aa]uthor|[Rr]eviewer|[Oo]wner)[: \t]{1,3}"
        r"@([A-Za-z0-9][A-Za-z0-9-]{1,38})(?:[^\w.-]|\.[^\w]|\.?$)",
    ),
    _user(
        "username-field",
        rf"(?i)\buser_?name[\"']?\s{{0,3}}(?:=>|[:=])\s{{0,3}}[\"']({_LOGIN})[\"']",
    ),
    _user(
        "profile-link",
        r"\b(?:github\.com|gitlab\.com|twitter\.com|bitbucket\.org)/@?"
        r"([A-Za-z0-9][A-Za-z0-9_-]{1,38})"
        r"(?:[^\w/@.-]|$)",
    ),
)
