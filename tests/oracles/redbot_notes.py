"""What REDbot has to say of URLs: one line of JSON for each. Run for a process of its own: REDbot has one event loop."""

from __future__ import annotations

import json
import sys
from configparser import ConfigParser
from functools import partial

import thor
from redbot.resource import HttpResource

waiting = set(sys.argv[1:])


def main() -> None:
    """Check all URLs at once and write down what was found, each as soon as it is done."""
    settings = ConfigParser()
    settings["redbot"] = {"enable_local_access": "True"}
    for url in sorted(waiting):
        resource = HttpResource(settings["redbot"])
        resource.set_request(url)
        resource.on("check_done", partial(tell, url, resource))
        resource.check()
    thor.run()


def tell(url: str, resource: HttpResource) -> None:
    """Write down the notes on a resource, those on the answers to REDbot's further requests included."""
    answers = [resource.response, *(check.response for check in resource.subreqs.values())]
    found = {
        "url": url,
        "error": resource.fetch_error and str(resource.fetch_error),
        "notes": [{"level": note.level.name, "id": type(note).__name__} for one in answers for note in one.notes],
        "supports": {
            "ranges": resource.partial_support,
            "If-None-Match": resource.inm_support,
            "If-Modified-Since": resource.ims_support,
            "gzip": resource.gzip_support,
        },
    }
    sys.stdout.write(json.dumps(found) + "\n")
    waiting.discard(url)
    if not waiting:
        thor.stop()


main()
