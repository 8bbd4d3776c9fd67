#!/usr/bin/env python3
"""Pixels and cookie sync as browsers meet them: which cookies are set, where a browser is sent, and what is written down, by
the rules of the specification; partners are pages of this test. `cookie_sync_test.py cookies | walks | refusals |
servers | people`."""
import base64
import collections
import http.cookies
import json
import pathlib
import random
import re
import sys
import tempfile
import urllib.parse

from collecting import SHOP, new_project, served, settings, topic_lines
from ingest_test import SEED, call, few_rules, rows

AMERICAN, GERMAN = "8.8.8.8", "194.25.0.1"
TEMPLATES = {party: f"https://{party}.example/match?partner=house&id={{uid}}&to={{return}}" for party in ("st", "tt", "uu", "vv")}
PIXEL = f"/px?pixel_id=7&url={urllib.parse.quote(SHOP)}"


def tc_string(vendors, purposes):
    """A TCF v2 core segment, by the published layout."""
    bits = f"{2:06b}" + f"{0:036b}" * 2 + f"{10:012b}{1:012b}{1:06b}" + f"{4:06b}{13:06b}" + f"{200:012b}{2:06b}" + "10" + "0" * 12
    bits += "".join("1" if purpose in purposes else "0" for purpose in range(1, 25)) + "0" * 24 + "0" + f"{3:06b}{4:06b}"
    bits += f"{max(vendors):016b}0" + "".join("1" if vendor in vendors else "0" for vendor in range(1, max(vendors) + 1))
    bits += f"{0:016b}0{0:012b}"
    bits += "0" * (-len(bits) % 8)
    return base64.urlsafe_b64encode(bytes(int(bits[at:at + 8], 2) for at in range(0, len(bits), 8))).decode().rstrip("=")


GRANTED, REFUSED = tc_string({5, 32}, {1, 3, 4}), tc_string({5}, {1, 3, 4})


def project_of(folder, **mapper):
    new_project(folder)
    trust = {"trusted_proxies": ["127.0.0.0/8"]}
    settings(folder, "ad_tracker", mapper_url="https://sync.house.example", sync_parties=["st", "tt", "uu", "vv"], **trust)
    settings(folder, "mapper_service", url="https://sync.house.example", sync_partners=TEMPLATES,
             partner_tokens={"st": "token-of-st", "zz": "token-of-zz"}, **trust, **mapper)


class Browser:
    """Keeps cookies, follows nothing by itself."""

    def __init__(self, address=AMERICAN):
        self.address, self.cookies = address, {}

    def get(self, service, path):
        headers = {"X-Forwarded-For": self.address, "User-Agent": "Browser",
                   "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        status, headers, body = service.ask("GET", path, headers=headers)
        for text in headers.get_all("Set-Cookie") or []:
            for name, morsel in http.cookies.SimpleCookie(text).items():
                self.cookies[name] = morsel.value
        return status, headers, body


def target_of(answer):
    status, headers, _ = answer
    assert status == 302, f"no redirect: {answer}"
    assert "no-store" in headers["Cache-Control"]
    return headers["Location"]


def cookies(folder):
    project_of(folder)
    with served(folder, "ad_tracker") as tracker:
        browser = Browser()
        status, headers, _ = browser.get(tracker, PIXEL)
        for text in headers.get_all("Set-Cookie"):
            attributes = {part.strip() for part in text.split(";")[1:]}
            assert attributes == {"Path=/", "Max-Age=33696000", "HttpOnly", "Secure", "SameSite=None"}, text
        uid = browser.cookies["weir_uid"]
        assert re.fullmatch("[0-9a-f]{32}", uid), uid
        assert set(browser.cookies) == {"weir_uid", "weir_sync"}
        # The same browser again: the same id, no redirect before the time, a GIF of one pixel that nobody keeps.
        status, headers, body = browser.get(tracker, PIXEL)
        assert browser.cookies["weir_uid"] == uid
        # Four parties are wanted and three fit: the last one is asked for now.
        assert status == 302 and "next=vv" in headers["Location"]
        status, headers, body = browser.get(tracker, PIXEL)
        assert status == 200 and body[:10] == b"GIF89a\x01\x00\x01\x00" and headers["Content-Type"] == "image/gif"
        assert "no-store" in headers["Cache-Control"]
        assert len({(other := Browser()).get(tracker, PIXEL) and other.cookies["weir_uid"] for _ in range(50)}) == 50
        # A cookie that isn't ours by its look is replaced, and isn't written down.
        for made_up in ("x", "0" * 31, uid.upper(), "../../etc", '"quoted"'):
            browser = Browser()
            browser.cookies["weir_uid"] = made_up
            browser.get(tracker, PIXEL)
            assert browser.cookies["weir_uid"] != made_up and re.fullmatch("[0-9a-f]{32}", browser.cookies["weir_uid"])
        # Where the law asks for consent there is neither cookie nor redirect without it.
        for address, consent, allowed in ((AMERICAN, "", True), (GERMAN, "", False), (GERMAN, REFUSED, False), (GERMAN, "rubbish", False),
                                          (GERMAN, GRANTED, True), ("203.0.113.5", "", False), ("203.0.113.5", GRANTED, True)):
            browser = Browser(address)
            status, headers, _ = browser.get(tracker, PIXEL + (f"&tc={consent}" if consent else ""))
            assert (status, bool(browser.cookies)) == ((302, True) if allowed else (200, False)), f"{address} {consent}"
            if allowed and consent:
                assert f"&tc={consent}" in headers["Location"]
    lines = topic_lines(folder)
    assert not [line for line in lines if not re.fullmatch("[0-9a-f]{32}|", line["uid"])]
    assert sum(line["uid"] == "" for line in lines) == 4, "who gave no consent has no id"
    assert {line["ip"] for line in lines} == {AMERICAN, GERMAN, "203.0.113.5"}
    print(f"{len(lines)} pixels")


def back_of(location, party):
    """Where a partner's page finds the way back in its template's place, and our id."""
    url = urllib.parse.urlsplit(location)
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"https://{party}.example/match", location
    query = dict(urllib.parse.parse_qsl(url.query, strict_parsing=True))
    assert set(query) == {"partner", "id", "to"}, location
    assert query["to"].startswith("https://sync.house.example/sync?") and query["to"].endswith("&uid="), query["to"]
    return query["id"], query["to"]


def walks(folder):
    """From a pixel over partners that bring their ids, for random wishes: at most three, none twice, each call one event."""
    project_of(folder)
    wanted, walked = collections.Counter(), 0
    with served(folder, "ad_tracker") as tracker, served(folder, "mapper_service") as mapper:
        for number in range(60):
            browser = Browser(source.choice((AMERICAN, GERMAN)))
            consent = GRANTED if browser.address == GERMAN else source.choice(("", REFUSED))
            location = target_of(browser.get(tracker, PIXEL + (f"&tc={consent}" if consent else "")))
            uid = browser.cookies["weir_uid"]
            first = urllib.parse.urlsplit(location)
            assert f"{first.scheme}://{first.netloc}{first.path}" == "https://sync.house.example/sync"
            query = dict(urllib.parse.parse_qsl(first.query))
            assert query.pop("tc", "") == consent and query == {"party": "af", "uid": uid, "next": "st,tt,uu"}
            wishes = [source.choice(list(TEMPLATES)) for _ in range(source.randrange(1, 8))]
            path = f"/sync?party=af&uid={uid}&next={','.join(wishes)}&tc={consent}"
            ids, expected = [("af", uid)], list(dict.fromkeys(wishes))[:3]
            for party in expected:
                sent, back = back_of(target_of(browser.get(mapper, path)), party)
                assert sent == uid
                their = f"{party}-{number}-&=+ü"
                state = urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)["state"][0]
                for _, theirs in ids[1:]:
                    for text in (back, state):
                        for shown in (theirs, urllib.parse.quote(theirs), theirs.encode().hex()):
                            assert shown not in text, "a partner learns another's id"
                ids.append((party, their))
                path = back.removeprefix("https://sync.house.example") + urllib.parse.quote(their)
                wanted[json.dumps(ids)] += 1
            status, _, body = browser.get(mapper, path)
            assert status == 200 and body.startswith(b"GIF89a"), "a walk has no end"
            walked += 1
    found = collections.Counter(json.dumps([(entry["party"], entry["id"]) for entry in line["ids"]])
                                for line in topic_lines(folder, "ingested-mapping"))
    assert found == wanted, f"{list((found - wanted).items())[:3]} too many, {list((wanted - found).items())[:3]} missing"
    print(f"{walked} walks, {sum(found.values())} mapping events")


def refusals(folder):
    """No open redirect, no walk that was made up, nobody unknown."""
    project_of(folder)
    with served(folder, "mapper_service") as mapper:
        browser = Browser()
        for path, words in (
                ("/sync", "party"), ("/sync?party=nobody&uid=1", "nobody"), ("/sync?party=st", "uid"),
                ("/sync?party=st&uid=" + "x" * 513, "uid"), ("/sync?party=af&uid=1&next=https://evil.example/", "evil"),
                ("/sync?party=af&uid=1&next=//evil.example", "evil"), ("/sync?party=af&uid=1&next=st,nobody", "nobody"),
                ("/sync?party=st&uid=1&state=00", "state"), ("/sync?party=st&uid=1&state=" + "ab" * 60, "state")):
            status, headers, body = browser.get(mapper, path)
            assert status == 400 and words in json.loads(body)["error"], f"{path}: {status} {body}"
            assert "Location" not in headers
        _, back = back_of(target_of(browser.get(mapper, "/sync?party=af&uid=1&next=st,tt")), "st")
        path = back.removeprefix("https://sync.house.example")
        assert browser.get(mapper, path.replace("party=st", "party=tt") + "2")[0] == 400, "another party takes the walk over"
        at = path.index("state=") + 6 + source.randrange(40)
        changed = path[:at] + ("0" if path[at] != "0" else "1") + path[at + 1:]
        assert browser.get(mapper, changed + "2")[0] == 400, "a changed walk is taken"
        for name in ("url", "to", "return", "redirect", "target"):  # nothing that names a target is listened to
            answer = browser.get(mapper, f"/sync?party=af&uid=1&next=st&{name}=https://evil.example/")
            assert "evil" not in target_of(answer)
        # A header can't be broken by an id.
        location = target_of(browser.get(mapper, "/sync?party=af&uid=1%0d%0aSet-Cookie:%20x=y&next=st"))
        assert "\r" not in location and "x=y" not in browser.cookies
        # Without consent nobody is sent on; what was seen is written down for the chain to judge.
        browser = Browser(GERMAN)
        browser.cookies["weir_uid"] = "ab" * 16
        assert browser.get(mapper, "/sync?party=st&uid=5&next=tt")[0] == 200
    for line in topic_lines(folder, "ingested-mapping"):
        assert [(entry["party"], entry["id"]) for entry in line["ids"]] == [("st", "5"), ("af", "ab" * 16)], line
    assert len(topic_lines(folder, "ingested-mapping")) == 1
    print("refused")


def servers(folder):
    """Partners' servers with their tokens."""
    project_of(folder)
    ids = lambda *pairs: json.dumps({"ids": [{"party": party, "id": id} for party, id in pairs]}) + "\n"
    with served(folder, "mapper_service") as mapper:
        good = ids(("st", "1"), ("af", "2")) + ids(("st", "3"), ("tt", "4"), ("af", "5"))
        for token, body, wanted in (
                (None, good, 401), ("", good, 401), ("token-of-s", good, 401), ("token-of-stt", good, 401),
                ("token-of-st", good, 200), ("token-of-zz", good, 400), ("token-of-zz", ids(("zz", "9"), ("af", "5")), 200),
                ("token-of-st", ids(("st", "1")), 400), ("token-of-st", "{}", 400), ("token-of-st", good + "{\n", 400)):
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            status, answer, text = mapper.ask("POST", "/sync", body.encode(), headers)
            assert status == wanted, f"{token} {body}: {status} {text}"
            assert ("WWW-Authenticate" in answer) == (status == 401)
    found = [[(entry["party"], entry["id"]) for entry in line["ids"]] for line in topic_lines(folder, "ingested-mapping")]
    assert found == [[("st", "1"), ("af", "2")], [("st", "3"), ("tt", "4"), ("af", "5")], [("zz", "9"), ("af", "5")]], found
    print(f"{len(found)} mapping events of partners' servers")


def people(folder):
    """Through the chain: one person of three cookies."""
    few_rules(folder)
    project = folder / "project"
    project_of(project)
    with served(project, "ad_tracker") as tracker, served(project, "mapper_service") as mapper:
        browser = Browser()
        location = target_of(browser.get(tracker, PIXEL))
        path = location.removeprefix("https://sync.house.example")
        for party in ("st", "tt"):
            path = back_of(target_of(browser.get(mapper, path)), party)[1].removeprefix("https://sync.house.example") + f"{party}1"
        browser.get(mapper, path)
    call("run", "enricher", folder=project)
    found = rows(project, "SELECT user_id, pixel_id FROM reservoir.enriched_af")
    assert found == [{"user_id": browser.cookies["weir_uid"], "pixel_id": 7}], found
    found = rows(project, "SELECT list_transform(ids, x -> x.party || ':' || x.id) AS ids FROM reservoir.enriched_mapper ORDER BY len(ids)")
    af = browser.cookies["weir_uid"]
    assert [row["ids"] for row in found] == [[f"af:{af}", "st:st1"], [f"af:{af}", "st:st1", "tt:tt1"]], found
    print(found)


if __name__ == "__main__":
    source = random.Random(SEED)
    print(f"seed {SEED}")
    with tempfile.TemporaryDirectory(prefix="weir-test-") as where:
        folder = pathlib.Path(where)
        mode = globals()[sys.argv[1]]
        mode(folder if sys.argv[1] == "people" else folder / "project")
