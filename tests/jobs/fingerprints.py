"""Reading what `weir table fingerprint TABLE…` prints."""


def last_words(out):
    return [line.split()[-1] for line in out.splitlines()]
