#!/usr/bin/python3
"""Writes the package's changelog.gz, in Debian's form, and its copyright file.

    texts.py CHANGELOG.md VERSION MAINTAINER DIRECTORY

Some libraries consist of headers, so that their code is in the binary; their licences ask for their notice to go with it.
Debian keeps each notice with the library's package, and the copyright file quotes them.
"""

import email.utils
import gzip
import os
import re
import sys
import textwrap
import time
from pathlib import Path

HEADER_LIBRARIES = ("libasio-dev", "libcli11-dev", "libexpected-dev", "libwebsocketpp-dev", "nlohmann-json3-dev")


def changelog(text, version, maintainer):
    section = re.search(rf"^## {re.escape(version)}\b.*?\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL).group(1)
    entries = "\n".join(textwrap.fill(" ".join(entry.split()), 79, initial_indent="  * ", subsequent_indent="    ")
                        for entry in re.split(r"^- ", section, flags=re.MULTILINE)[1:])
    date = email.utils.formatdate(float(os.environ.get("SOURCE_DATE_EPOCH", time.time()))).replace("-0000", "+0000")
    return f"wsprobe ({version}) unstable; urgency=medium\n\n{entries}\n\n -- {maintainer}  {date}\n"


def copyright_file(documents):
    out = ["wsprobe", "=======", "", "Copyright: the wsprobe authors. The project grants no licence yet.", "",
           "The binary holds code of these libraries, which consist of headers. Their notices, as Debian has them:"]
    for library in HEADER_LIBRARIES:
        notice = (documents / library / "copyright").read_text(encoding="utf-8").strip()
        out += ["", library, "-" * len(library), "", notice]
    return "\n".join(out) + "\n"


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    source, version, maintainer, directory = Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4])
    text = changelog(source.read_text(encoding="utf-8"), version, maintainer)
    (directory / "changelog.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    (directory / "copyright").write_text(copyright_file(Path("/usr/share/doc")), encoding="utf-8")


if __name__ == "__main__":
    main()
