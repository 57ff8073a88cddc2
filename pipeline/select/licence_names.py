"""What people call licences, where that differs from SPDX.

Names that could mean several licences are left out on purpose: "BSD" is unknown, and unknown is
out. A family that is copyleft in all its versions gets its oldest id, so that it is never taken
for silence.
"""

import re

_NAMES = {
    "MIT": "mit; mit x11; expat; mit expat; mit mit; expat mit",
    "Apache-2.0": "apache 2; apache 2.0; apache2; apache2.0; apache v2; apache v2.0; apache-2; "
    "apache software 2.0; apache software; asl 2.0; apl 2.0; apache version 2.0; "
    "apache software version 2.0; apache 2.0 http www.apache.org s -2.0",
    "BSD-2-Clause": "bsd 2-clause; 2-clause bsd; bsd-2; simplified bsd; bsd 2 clause; freebsd; "
    "two-clause bsd; bsd two-clause",
    "BSD-3-Clause": "bsd 3-clause; 3-clause bsd; bsd-3; new bsd; modified bsd; bsd 3 clause; "
    "revised bsd; bsd new; three-clause bsd; 3 clause bsd; bsd 3-clause new; bsd3; "
    "bsd-3-clause-new; new bsd 3-clause",
    "ISC": "isc; iscl; isc iscl",
    "PSF-2.0": "psf; psfl; python software foundation; psf 2; psf-2; python psf; psf psfl",
    "Unlicense": "the unlicense unlicense; unlicense; unlicense unlicense",
    "Zlib": "zlib; zlib libpng",
    "CC0-1.0": "cc0; cc0 1.0; cc0 1.0 universal; cc0 1.0 universal public domain dedication",
    "WTFPL": "wtfpl; do what the f*ck you want to public",
    "0BSD": "zero-clause bsd; 0-clause bsd; bsd zero clause",
    "BSL-1.0": "boost; boost software 1.0; boost software; boost 1.0",
    "MPL-2.0": "mpl 2.0; mpl 2; mpl2; mpl-2; mozilla public 2.0; mozilla public 2.0 mpl 2.0; "
    "mpl v2; mplv2; mpl v2.0; mozilla public version 2.0",
    "MPL-1.0": "mpl; mozilla public",
    "GPL-1.0-or-later": "gpl; gnu gpl; gnu general public; gnu general public gpl; gplv1; gpl 1.0",
    "GPL-2.0-only": "gpl v2; gplv2; gpl2; gpl 2; gpl-2; gnu gplv2; gnu gpl v2; "
    "gnu general public v2 gplv2; gnu general public v2; gnu general public version 2",
    "GPL-2.0-or-later": "gplv2+; gpl2+; gpl v2+; gpl v2 or later; gnu gplv2+; gpl-2+; "
    "gnu general public v2 or later gplv2+; gnu general public v2 or later",
    "GPL-3.0-only": "gpl v3; gplv3; gpl3; gpl 3; gpl-3; gnu gplv3; gnu gpl v3; gpl 3.0; gnu gpl 3; "
    "gnu general public v3 gplv3; gnu general public v3; gnu general public version 3; "
    "gnu gpl 3.0",
    "GPL-3.0-or-later": "gplv3+; gpl3+; gpl v3+; gpl v3 or later; gnu gplv3+; gpl-3+; "
    "gnu general public v3 or later gplv3+; gnu general public v3 or later",
    "LGPL-2.0-or-later": "lgpl; gnu lgpl; gnu lesser general public; gnu library general public; "
    "gnu library or lesser general public lgpl; gnu lesser general public lgpl; "
    "gnu lesser general public v2 or later lgplv2+; lgplv2+; lgpl v2+",
    "LGPL-2.0-only": "lgpl v2; lgplv2; gnu lesser general public v2 lgplv2",
    "LGPL-2.1-only": "lgpl v2.1; lgplv2.1; lgpl 2.1; gnu lgpl 2.1",
    "LGPL-2.1-or-later": "lgplv2.1+; lgpl v2.1+; lgpl-2.1+; lgpl 2.1 or later",
    "LGPL-3.0-only": "lgpl v3; lgplv3; lgpl3; lgpl 3; gnu lgplv3; gnu lgpl v3; lgpl-3; lgpl 3.0; "
    "gnu lesser general public v3 lgplv3; gnu lesser general public v3",
    "LGPL-3.0-or-later": "lgplv3+; lgpl v3+; lgpl v3 or later; "
    "gnu lesser general public v3 or later lgplv3+",
    "AGPL-3.0-only": "agpl; agpl v3; agplv3; agpl 3; agpl-3; gnu agpl v3; gnu agpl; agpl 3.0; "
    "gnu affero general public v3; gnu affero general public; gnu affero general public agpl",
    "AGPL-3.0-or-later": "agplv3+; agpl v3+; agpl v3 or later; "
    "gnu affero general public v3 or later agplv3+",
    "LicenseRef-Proprietary": "proprietary; commercial; other proprietary; all rights reserved; "
    "closed source",
}


def plain(name: str) -> str:
    """A name without the words and signs that make no difference."""
    told = re.sub(r"[\"'`(),;:/=]+", " ", name.casefold())
    told = re.sub(r"\blicen[cs]ed?\b|\bthe\b|\bunder\b", " ", told)
    return " ".join(word.strip("-") for word in told.split() if word.strip("-"))


BY_PLAIN_NAME: dict[str, str] = {
    plain(name): spdx for spdx, names in _NAMES.items() for name in names.split(";")
}

# Classifiers of PyPI by their last part. Those that are not here say nothing definite, such as
# "OSI Approved", "BSD License" or "Public Domain".
CLASSIFIERS = {
    "Academic Free License (AFL)": "AFL-3.0",
    "Apache Software License": "Apache-2.0",
    "Artistic License": "Artistic-1.0",
    "Blue Oak Model License (BlueOak-1.0.0)": "BlueOak-1.0.0",
    "Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
    "CEA CNRS Inria Logiciel Libre License, version 2.1 (CeCILL-2.1)": "CECILL-2.1",
    "Common Development and Distribution License 1.0 (CDDL-1.0)": "CDDL-1.0",
    "Eclipse Public License 1.0 (EPL-1.0)": "EPL-1.0",
    "Eclipse Public License 2.0 (EPL-2.0)": "EPL-2.0",
    "European Union Public Licence 1.1 (EUPL 1.1)": "EUPL-1.1",
    "European Union Public Licence 1.2 (EUPL 1.2)": "EUPL-1.2",
    "Free For Educational Use": "LicenseRef-Restricted",
    "Free For Home Use": "LicenseRef-Restricted",
    "Free for non-commercial use": "LicenseRef-Restricted",
    "Free To Use But Restricted": "LicenseRef-Restricted",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "GNU General Public License (GPL)": "GPL-1.0-or-later",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v2 (LGPLv2)": "LGPL-2.0-only",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL-2.0-or-later",
    "Historical Permission Notice and Disclaimer (HPND)": "HPND",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 1.0 (MPL)": "MPL-1.0",
    "Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Mulan Permissive Software License v2 (MulanPSL-2.0)": "MulanPSL-2.0",
    "NASA Open Source Agreement v1.3 (NASA-1.3)": "NASA-1.3",
    "Other/Proprietary License": "LicenseRef-Proprietary",
    "PostgreSQL License": "PostgreSQL",
    "Python License (CNRI Python License)": "CNRI-Python",
    "Python Software Foundation License": "PSF-2.0",
    "SIL Open Font License 1.1 (OFL-1.1)": "OFL-1.1",
    "The Unlicense (Unlicense)": "Unlicense",
    "Universal Permissive License (UPL)": "UPL-1.0",
    "University of Illinois/NCSA Open Source License": "NCSA",
    "W3C License": "W3C",
    "zlib/libpng License": "Zlib",
    "Zope Public License": "ZPL-2.1",
}
