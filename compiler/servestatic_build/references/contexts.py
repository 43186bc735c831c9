"""What of a file other files' links follow from: as long as that stays, a change of it concerns those alone that refer to it."""

from __future__ import annotations

import hashlib

import msgpack

from servestatic_build.media_types import HTML
from servestatic_build.model import Reference, ReferenceKind
from servestatic_build.references.reading import ReadFile

# What one of these leads to is the matter of the file it is in, unless that is a page, whose scripts link looks for.
_OWN = frozenset({ReferenceKind.URL, ReferenceKind.LINK, ReferenceKind.SOURCE_MAP, ReferenceKind.FETCH})
# Where these lead follows from who runs the script.
_BY_OTHERS = frozenset({ReferenceKind.WORKER_SCRIPT, ReferenceKind.PAGE_SERVICE_WORKER})

_DIGEST_BYTES = 16
_NOTHING = ((), None, (), (), 0, False, ())


def context_of(file: ReadFile) -> bytes:
    """Return a hash of what the links of other files may follow from in this one, b"" where there is nothing."""
    extraction, is_page = file.found.extraction, file.source.media_type in HTML
    context = (
        tuple(
            _told(each) for each in extraction.references if is_page or each.kind not in _OWN or each.custom_property
        ),
        extraction.base,
        tuple((prefix.specifier, prefix.address) for prefix in extraction.import_map_prefixes),
        tuple((use.name, use.within) for use in extraction.property_uses),
        extraction.placeholders,
        extraction.may_be_service_worker,
        tuple(text.value for text in extraction.sought_scripts),
    )
    if context == _NOTHING:
        return b""
    return hashlib.sha256(msgpack.packb(context, unicode_errors="surrogatepass")).digest()[:_DIGEST_BYTES]


def follows_from_others(file: ReadFile) -> bool:
    """Return whether a file's links follow from what is in other files, beside the names of these."""
    extraction = file.found.extraction
    by_others = (each.custom_property or each.kind in _BY_OTHERS for each in extraction.references)
    return bool(extraction.import_map_prefixes) or any(by_others)


def _told(reference: Reference) -> tuple[str, ...]:
    return reference.kind.value, reference.value, reference.custom_property, reference.scope
