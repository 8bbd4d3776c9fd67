#!/usr/bin/env python3
"""The keyword rule written down as slowly and plainly as it can be: one JSON array a line in
([host, public suffix, path]), out the words as a JSON array, or null where this Python's Unicode
doesn't know a character yet."""
import json, re, sys, unicodedata

STOP_WORDS = set("""a an and are as at be been but by can did do does for from had has have he her here his how i if in
is it its just me more most my no nor not of on only or other our own same she so some such than that the their them
then there these they this those to too very was we were what when where which while who whom why will with you your
www""".split())
EXTENSIONS = set("html htm xhtml php asp aspx jsp do cgi amp xml json rss pdf jpg jpeg png gif svg webp css js mp3 mp4".split())


def decode_label(label):
    if label.startswith("xn--"):
        try:
            text = label[4:].encode("ascii").decode("punycode")
            text.encode()  # surrogates are no text
            return label if text.startswith("xn--") or not text else text  # UTS 46: no text is punycode itself
        except UnicodeError:
            pass
    return label


def decode_path(path):
    """Percent-decoded; a byte that isn't UTF-8 is written %XX again."""
    data = re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), path.encode())
    return "".join("%%%02X" % (ord(c) - 0xDC00) if 0xDC80 <= ord(c) <= 0xDCFF else c
                   for c in data.decode("utf-8", "surrogateescape"))


def words(host, suffix, path):
    assert host.endswith(suffix)
    host = ".".join(decode_label(label) for label in host[: len(host) - len(suffix)].split("."))
    path = decode_path(path)
    head, slash, segment = path.rpartition("/")
    name, dot, extension = segment.rpartition(".")
    if dot and extension.lower() in EXTENSIONS and extension.isascii():
        segment = name
    text = host + " " + head + slash + segment
    if any(unicodedata.category(c) == "Cn" for c in text):
        return None
    text = "".join(c.lower()[0] if unicodedata.category(c).startswith("L") else " " for c in text)
    return [word for word in dict.fromkeys(text.split()) if len(word) > 1 and word not in STOP_WORDS]


for line in sys.stdin:
    print(json.dumps(words(*json.loads(line))))
