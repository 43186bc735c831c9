"""The table of the kinds of problems: what programs decide by, and what the reference page is made from."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Code(StrEnum):
    """The kind of a problem. A code never changes its meaning; docs/reference/diagnostics.md is made from this table."""

    meaning: str
    advice: str

    def __new__(cls, code: str, meaning: str, advice: str) -> Self:
        """Make a row of the table: the code, what it means, and what to do about it."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning, member.advice = meaning, advice
        return member

    INVALID_SETTING = (
        "invalid-setting",
        "A setting, an option or an argument cannot be followed.",
        "Change it as the hint says; docs/reference/settings.md describes all settings.",
    )
    INVALID_SOURCE = (
        "invalid-source",
        "A SOURCE is not a directory.",
        "Correct its path, or make the directory before the build.",
    )
    NO_FILES = (
        "no-files",
        "No SOURCE holds a file to publish.",
        "Look at the paths of the sources and at `ignore`; `--verbose` names what was skipped.",
    )
    INVALID_NAME = (
        "invalid-name",
        "A file's name is not UTF-8, so no URL can name it.",
        "Rename the file, or ignore it.",
    )
    PRIVATE_FILE = (
        "private-file",
        "A source holds what is hardly ever meant for the Web: source code, a database, a key, or a folder of packages.",
        "Name a SOURCE that holds static files only, or ignore it. If it is meant, `publish` allows it.",
    )
    NAME_TOO_LONG = (
        "name-too-long",
        "A file's name, with its fingerprint or the suffix of a coding, is too long for the file system of DIST.",
        "Give the file a shorter name. Without a coding it is served all the same.",
    )
    CASE_COLLISION = (
        "case-collision",
        "The URLs of two files differ by letter case only: Windows and macOS can hold only one of them.",
        "Rename one of the two files.",
    )
    REPLACED_FILE = (
        "replaced-file",
        "Two sources hold a file of the same URL; that of the later source is published.",
        "Nothing, if that is meant. Otherwise rename or ignore one of the files.",
    )
    UNPUBLISHED_FILE = (
        "unpublished-file",
        "Django's finders find a file that is never published.",
        "Do as the hint says, or ignore the file.",
    )
    INVALID_CODING = (
        "invalid-coding",
        "A file is not in the coding that `content-encoding` or its suffix says, or does not decode to the file it lies beside.",
        "Make it again, correct `content-encoding`, or ignore it.",
    )
    FILE_SYSTEM = (
        "file-system",
        "The operating system refused to read or write a file.",
        "Look at its permissions and at the room on the disk.",
    )
    FOREIGN_FILE = (
        "foreign-file",
        "A plain name of the release is taken in DIST: by a file that no build wrote, or by a directory.",
        "Delete what is there if another tool left it behind, or rename the file of the release.",
    )
    OUT_OF_RESOURCES = (
        "out-of-resources",
        "The system had no memory or no thread left for the build.",
        "Lower `jobs`, or compile where there is more.",
    )
    FILE_CHANGED = (
        "file-changed",
        "A source file changed while it was compiled.",
        "Compile again when nothing writes to the sources any more.",
    )
    HOOK_FAILED = (
        "hook-failed",
        "A hook raised an exception.",
        "Mend the function that the setting names.",
    )
    PRESET = (
        "preset",
        "A package is in the sources whose scripts find files by their names, which a fingerprint changes.",
        "Name it in `presets`, unless your own code tells the package the URLs of its files.",
    )
    INVALID_BUNDLER_MANIFEST = (
        "invalid-bundler-manifest",
        "A bundler's manifest is not JSON, or has no known form.",
        "Name a manifest that `bundler-manifests` lists, or a report of the bundler's.",
    )
    STALE_BUNDLER_MANIFEST = (
        "stale-bundler-manifest",
        "A bundler's manifest names a file that is in no source.",
        "Run the bundler again, and name the directory of its output as a SOURCE.",
    )
    HASHED_NAMES = (
        "hashed-names",
        "Names look as if something had put a hash of the content into them, and no rule says so.",
        "If they hold one, name them in `hashed`, or the bundler's manifest in `bundler-manifests`: they are cached for ever then.",
    )
    ALIAS_CONFLICT = (
        "alias-conflict",
        "A bundler's manifest gives a file a name that another file has.",
        "Rename one of them if templates ask for that name.",
    )
    UNREADABLE = (
        "unreadable",
        "A file, or a part of it, is not valid in its language; the references in it are not rewritten.",
        "Correct the syntax at the place; until then name the files that it refers to in `plain`, or leave `plain-urls` on.",
    )
    CHARSET = (
        "charset",
        "A text is not UTF-8. Its Content-Type says the charset that it says itself; references beyond ASCII are not found.",
        "Save the file as UTF-8.",
    )
    MISSING_REFERENCE = (
        "missing-reference",
        "A file refers to a file that does not exist.",
        "Correct the reference or add the file. `missing` says what is done about such references, by pattern too.",
    )
    NO_PLAIN_URL = (
        "no-plain-url",
        "A reference that is not rewritten leads to a plain URL that is not served.",
        "Leave `plain-urls` on, or name the target in `plain`.",
    )
    UNFOLLOWED_NAME = (
        "unfollowed-name",
        "Without plain URLs: a script or other data names files that are found under their fingerprinted URLs only.",
        "Nothing where no program asks for them by these names; otherwise name them in `plain`.",
    )
    SERVICE_WORKER = (
        "service-worker",
        "A script whose URL is fingerprinted listens as service workers do, and nothing in the release registers it.",
        "If it is a service worker, name it in `plain`; otherwise in `fingerprint`.",
    )
    SOUGHT_SCRIPT = (
        "sought-script",
        "A script looks for its own script element, or another's, by a name that the fingerprint changes.",
        "Name the script that it looks for in `plain`, set a preset, or tell it its URL.",
    )
    WORKER_IMPORT = (
        "worker-import",
        "A script that runs in a worker imports a bare specifier, which only a page's import map could resolve.",
        "Import the file by its URL, or bundle the worker.",
    )
    CUSTOM_PROPERTY_URL = (
        "custom-property-url",
        "A relative URL in a custom property leads to different files: browsers resolve it where `var()` uses it.",
        "Write the URL from the root, or use the property in one directory.",
    )
    MISSING_FALLBACK = (
        "missing-fallback",
        "The page that `spa` or `not-found` names is not published, is no HTML, or has no plain URL.",
        "Correct its name, or add its directory as a SOURCE: `/=frontend/dist`.",
    )
    MISSING_IMPORT = (
        "missing-import",
        "The setting `imports` leads to a file that does not exist.",
        "Correct the entry, or add the file.",
    )
    TEMPLATE_BASE = (
        "template-base",
        "A page's `<base href>` is a template expression, so nobody knows what its references lead to.",
        "Have template tags write the page's URLs, or compile the page as it is rendered.",
    )
    INTEGRITY_CYCLE = (
        "integrity-cycle",
        "Two files hold an integrity hash of each other, so neither can be computed.",
        "Remove one of the two hashes.",
    )
    STALE_HASH = (
        "stale-hash",
        "A text holds the hash of a file whose bytes change, because references in that file are rewritten.",
        "Make the list of hashes from the compiled files, or name in `plain` what the file refers to, so that it keeps its bytes.",
    )
    WRONG_INTEGRITY = (
        "wrong-integrity",
        "An integrity hash is not that of the file it stands beside; browsers refuse to load the file.",
        "Write the hash of the source file: the build keeps it right from then on.",
    )
    INVALID_SOURCE_MAP = (
        "invalid-source-map",
        "A source map is damaged, so it is not moved along with the file that it describes.",
        "Generate it again. Until then debuggers may show a place some columns off.",
    )
    INVALID_HEADER = (
        "invalid-header",
        "A header cannot be sent, or is not for a hook to decide.",
        "Mend the rule or the hook that sets it.",
    )
    DUPLICATE_URL = (
        "duplicate-url",
        "Two files would answer at the same URL.",
        "Rename or ignore one of them.",
    )
    MANIFEST_TOO_LARGE = (
        "manifest-too-large",
        "The manifest would pass 4 GiB, more than its format can hold.",
        "Publish fewer files in one release.",
    )
    UNREADABLE_RELEASE = (
        "unreadable-release",
        "The manifest in DIST cannot be read, so what it says of earlier files is lost.",
        "Nothing; this build replaces it. Find out what damaged it.",
    )
    INVALID_PREVIOUS = (
        "invalid-previous",
        "A path of `previous` does not exist, or there is no DIST that can be read.",
        "Correct the path. Where there may be no earlier release yet, make an empty directory before the build.",
    )
    NO_PREVIOUS_RELEASE = (
        "no-previous-release",
        "A directory of `previous` is empty, so no URL of an earlier release is kept.",
        "Nothing, if this is the first build.",
    )
    LOST_URL = (
        "lost-url",
        "A URL of a release in `previous` does not come along: one of its files is missing or damaged there.",
        "Store all of DIST, and let nothing change a file of it. Until then clients with old pages get 404 for this URL.",
    )
    NOT_COMPRESSED = (
        "not-compressed",
        "A file is larger than `compress-limit`, so no coding of it is made.",
        "Raise `compress-limit`, or set `compress` to false for the file.",
    )
    CACHE_UNUSABLE = (
        "cache-unusable",
        "The cache cannot be read or written, or a remote one does not answer; the build went on without it.",
        "Look at its permissions and at the room on the disk, or at the network; or name another with `--cache`.",
    )
    OVER_BUDGET = (
        "over-budget",
        "Files weigh more than a budget of the settings allows; DIST is as it was.",
        "Look at the largest of them and at what grew since the last release, or raise the budget.",
    )
    UNUSED_BUDGET = (
        "unused-budget",
        "A budget is for files that the release does not have.",
        "Correct its pattern or its name, or remove the budget.",
    )
    DAMAGED_MANIFEST = (
        "damaged-manifest",
        "The manifest is not as the compiler wrote it, or says what its files contradict.",
        "Copy DIST again, or compile again.",
    )
    MISSING_FILE = (
        "missing-file",
        "A file that the manifest lists is missing in DIST or cannot be read.",
        "Copy DIST again, all of it, or compile again with `--verify-content`.",
    )
    DAMAGED_FILE = (
        "damaged-file",
        "A file in DIST has another size or other bytes than the manifest says.",
        "Copy DIST again, or compile again with `--verify-content`. Nothing but the build may change a file of DIST.",
    )
    WRONG_CODING = (
        "wrong-coding",
        "A compressed file cannot be decoded, or not to the bytes of the file that it is a variant of.",
        "Compile again with `--no-cache`. If that does not help, report it.",
    )
    LARGE_WINDOW = (
        "large-window",
        "To decode a compressed file takes more memory than every client must have.",
        "Compile again with `--no-cache`. If that does not help, report it.",
    )
    CONTRADICTING_HEADERS = (
        "contradicting-headers",
        "The headers of a URL contradict each other, or those of another URL of the same file.",
        "Look at the rules of `headers` and at `headers-hook`, then compile again.",
    )
    UNLISTED_FILE = (
        "unlisted-file",
        "A file lies in DIST that the manifest does not list; it is never served.",
        "Nothing. The next builds delete what is theirs; what others have put there is left alone.",
    )
    UNDELETED_FILE = (
        "undeleted-file",
        "A file that no kept release needs any more cannot be deleted. The new release is live.",
        "Look at its permissions. The next build tries again.",
    )
    OUT_OF_DATE = (
        "out-of-date",
        "With `--check`: DIST does not hold the release that this build would write.",
        "Compile without `--check`.",
    )
