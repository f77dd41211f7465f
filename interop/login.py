"""The person at the browser: follows redirects with a cookie jar, signs in, consents, and ends where the app answers."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

USERNAME = "ada@example.com"
PASSWORD = "lovelace"
PAGES_AT_MOST = 6


@dataclass
class Form:
    """One form of a page: where it goes, its fields as they stand, and the name and value of its buttons."""

    id: str
    action: str
    method: str
    fields: dict = field(default_factory=dict)
    buttons: list = field(default_factory=list)

    def submit(self, **filled):
        """What a browser sends: every field as the page filled it, then what the person typed or pressed."""
        return {**self.fields, **filled}


class Forms(HTMLParser):
    """Collects the forms of a page."""

    def __init__(self, html):
        super().__init__()
        self.forms = []
        self.open = None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.open = Form(given.get("id", ""), given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self.open)
        elif self.open is None:
            return
        elif tag == "button" or (tag == "input" and given.get("type") == "submit"):
            if "name" in given:
                self.open.buttons.append((given["name"], given.get("value", "")))
        elif tag == "input" and "name" in given:
            ticked = given.get("type") not in ("checkbox", "radio") or "checked" in given
            if ticked:
                self.open.fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = None


class Person:
    """Somebody with one browser, so with one cookie jar."""

    def __init__(self, username=USERNAME, password=PASSWORD):
        self.username, self.password = username, password
        self.browser = requests.Session()
        self.seen = []

    def visit(self, url):
        """Opens a page and goes on through sign-in and consent until another page answers."""
        response = self.remember(self.browser.get(url, timeout=20))
        signed_in = False
        for _ in range(PAGES_AT_MOST):
            forms = {form.id: form for form in Forms(response.text).forms} if is_html(response) else {}
            if "sign-in" in forms and not signed_in:
                signed_in = True
                filled = forms["sign-in"].submit(username=self.username, password=self.password)
                response = self.send(response.url, forms["sign-in"], filled)
            elif "consent" in forms:
                if ("action", "allow") not in forms["consent"].buttons:
                    raise AssertionError("the consent page has no button that allows")
                response = self.send(response.url, forms["consent"], forms["consent"].submit(action="allow"))
            else:
                return response
        raise AssertionError(f"still at {response.url} after {PAGES_AT_MOST} pages")

    def send(self, page, form, filled):
        if form.method != "post":
            raise AssertionError(f"the form {form.id} is sent with {form.method}")
        return self.remember(self.browser.post(urljoin(page, form.action), data=filled, timeout=20))

    def remember(self, response):
        self.seen += [*response.history, response]
        return response

    def passed(self, prefix):
        """The addresses under PREFIX that the browser went through, in order."""
        return [response.url for response in self.seen if response.url.startswith(prefix)]


def is_html(response):
    return response.headers.get("content-type", "").startswith("text/html")
