"""The table of settings. A row here is all that a new setting needs, besides its use and its key for Django."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from servestatic_build.codecs import CODECS, EFFORTS
from servestatic_build.diagnostics import ConfigError
from servestatic_build.platform_files import Modes, cores
from servestatic_build.settings.header_rules import HeadersHook
from servestatic_build.settings.list_kinds import (
    Budgets,
    Codings,
    CodingsByPattern,
    Compress,
    Fallbacks,
    HeaderRules,
    Imports,
    MediaTypes,
    Missing,
    Origins,
    Paths,
    Patterns,
    Presets,
    Sources,
)
from servestatic_build.settings.missing import POLICIES, MissingRules
from servestatic_build.settings.output import require_apart
from servestatic_build.settings.table import Setting
from servestatic_build.settings.value_kinds import (
    CachePlace,
    Choice,
    Directory,
    FileMode,
    FileName,
    Flag,
    Hook,
    Label,
    Size,
    UrlDirectory,
    WholeNumber,
)

# (path, plain URL) -> whether the file was named by its content before
HashedHook: TypeAlias = Callable[[str, str], object]


@dataclass(frozen=True)
class Config:
    """Everything a build is told; it converts and checks what it is given, and raises ConfigError.

    Patterns are written as in .gitignore and match logical names.
    """

    sources: Sources = Sources(
        (),
        "The directories to compile.",
        options="",
        example='sources = ["static", "/=public"]',
        details="`DIR` is served below the prefix, `URL=DIR` at that very URL. Of two files with one URL the later source's "
        "is published. On the command line they are the arguments.",
    )
    out: Directory = Directory(
        "dist",
        "The directory that the release is written to.",
        options="-o --out",
        metavar="DIST",
        example='out = "build/static"',
        details="A directory of its own, outside of every source.",
    )
    layout: Choice = Choice(
        "files",
        ("files", "urls", "prefix"),
        "Where files lie in DIST: below files/, at their URL paths, or at those below the prefix.",
        example='layout = "urls"',
        details="With `urls`, DIST is what a web server takes for the root of the site, and with `prefix` for the directory of "
        "the prefix, as nginx's `alias` and Django's STATIC_ROOT do. Each file lies there under its plain name, too; with "
        "`prefix`, files outside the prefix lie below `files`. [More](../layouts.md).",
    )
    file_mode: FileMode = FileMode(
        None,
        "The permissions of the files in DIST.",
        metavar="MODE",
        default_text="as the umask has it",
        example="file-mode = 0o644",
    )
    directory_mode: FileMode = FileMode(
        None,
        "The permissions of the directories in DIST.",
        options="",
        default_text="those of files, and who may read one may enter it",
        example="directory-mode = 0o755",
    )
    prefix: UrlDirectory = UrlDirectory(
        "/static/", "The URL path that each DIR is served under.", metavar="URL", example='prefix = "/assets/"'
    )
    codings: Codings = Codings(
        tuple(CODECS),
        "Compress with these codings, or none.",
        metavar="LIST",
        default_text=",".join(CODECS),
        example='codings = ["gzip", "br"]',
        details="A compressed variant is kept where it is smaller than the file.",
    )
    compress: Compress = Compress(
        {},
        "Codings by pattern.",
        options="",
        example='compress = { "*.parquet" = false, "*.wasm" = "br", "data/*.bin" = true }',
        details="`false` for none, `true` for all that `codings` names, or some of those. Of several patterns that match, the "
        "last counts. Without one, files whose type is compressed already get none, nor do those that are read in parts "
        "(Parquet, SQLite, PMTiles, TIFF, Zarr and the like).",
    )
    no_compress: Patterns = Patterns(
        (),
        "Make no codings of these files.",
        metavar="GLOB",
        example="",
        in_file=False,
    )
    compress_limit: Size = Size(
        64 * 2**20,
        "Make no codings of larger files.",
        options="",
        default_text="64 MiB",
        example='compress-limit = "200 MB"',
        details="A codec takes memory for the whole file. Files that are left out are named in a note.",
    )
    content_encoding: CodingsByPattern = CodingsByPattern(
        {},
        "The codings that files are in already, by pattern.",
        options="",
        example='content-encoding = { "*.wasm.gz" = "gzip", "*.unityweb" = "br", "*.svgz" = "gzip" }',
        details="Such a file is served in its coding, decoded to who does not take that, and in all others that are made. Its type is "
        "that of what it decodes to: `a.wasm.gz` is `application/wasm`.",
    )
    take_variants: Flag = Flag(
        default=False,
        summary="Take app.js.gz for app.js in gzip.",
        example="take-variants = true",
        details="Where `app.js.gz`, `.br` or `.zst` decodes to the bytes of the `app.js` beside it, it is that file's variant, and no "
        "asset of its own. A file whose references are rewritten is compressed anew.",
    )
    effort: Choice = Choice("default", EFFORTS, "How hard to compress.", example='effort = "best"')
    jobs: WholeNumber = WholeNumber(
        cores(),
        "The number of threads that compress, and of processes that read large trees.",
        least=1,
        metavar="N",
        default_text="one per core",
        example="jobs = 2",
        details="The output is the same whatever their number.",
    )
    cache: CachePlace = CachePlace(
        None,
        "Where results of earlier builds are kept, or a URL to share them at.",
        metavar="DIR",
        default_text="the user's cache",
        example='cache = "s3://builds/static"',
        details="A directory, a URL that fsspec opens, or `false` for none; [more](cache.md). The environment's "
        "`SERVESTATIC_CACHE` takes the place of the default.",
    )
    cache_size: Size = Size(
        2**30,
        "What the cache's directory may hold.",
        metavar="SIZE",
        default_text="1 GiB",
        example='cache-size = "500 MB"',
        details="What was used least recently goes first.",
    )
    ignore: Patterns = Patterns(
        (), "Do not publish these files.", metavar="GLOB", example='ignore = ["*.scss", "drafts/", "!drafts/a.css"]'
    )
    publish: Patterns = Patterns(
        (),
        "Publish these files even though they look private.",
        metavar="GLOB",
        example='publish = ["pyscript/*.py", "data/*.sqlite3"]',
        details="A program's source code (`*.py`), databases (`*.sqlite3`), keys (`*.pem`) and folders of packages "
        "(`node_modules/`, `venv/`) are an error without it: a SOURCE that holds them is hardly ever meant. Files that Django's finders "
        "find may be code.",
    )
    plain: Patterns = Patterns(
        (),
        "Serve these files under their plain URL only.",
        metavar="GLOB",
        example='plain = ["sw.js"]',
        details="For files whose URL is written down where no build can see it. Service workers need no pattern where the"
        " build sees them registered: in scripts, in pages and in web manifests, by a literal URL, `new URL(…,"
        " import.meta.url)`, or a variable of one. They are served with `Cache-Control: no-cache`, and with"
        " `Service-Worker-Allowed` where the literal `scope` of the registration lies outside their directory (a relative"
        " one counts where its base is known: in pages and web manifests). So is a script here that listens for `install`"
        " and `fetch` or `activate`.",
    )
    fingerprint: Patterns = Patterns(
        (),
        "Fingerprint these files even though they would keep their plain URL.",
        metavar="GLOB",
        example='fingerprint = ["widgets/*.html"]',
        details="HTML keeps its plain URL without it, as do the files of a `URL=DIR`. It goes before `plain` and `hashed`, and service workers keep their plain URL all the same.",
    )
    presets: Presets = Presets(
        (),
        "Keep the names by which these packages find their files.",
        metavar="LIST",
        example='presets = ["leaflet"]',
        details="[Which there are](presets.md), and why they are needed. They need plain URLs. A note says where a package was "
        "found that a preset is for.",
    )
    hashed: Patterns = Patterns(
        (),
        "The names of these files already contain a content hash.",
        metavar="GLOB",
        example='hashed = ["build/*-????????.js"]',
        details="They keep their names and their bytes, and are cached for ever.",
    )
    hashed_hook: Hook[HashedHook] = Hook(
        None,
        "A function that says whether a name already contains a content hash.",
        options="",
        example='hashed-hook = "project.assets:is_hashed"',
        details="It is called with the path of a file and its plain URL.",
    )
    plain_urls: Flag = Flag(
        default=True, summary="Serve fingerprinted files under their plain URLs as well.", example="plain-urls = false"
    )
    missing: Missing = Missing(
        MissingRules(),
        "What to do about broken references.",
        metavar=f"[{'|'.join(POLICIES)}]",
        default_text="error for imports, else warn",
        example='missing = { "*" = "error", "vendor/" = "ignore" }',
        details="By the logical name of the file that does not exist; of several patterns that match it the last counts. "
        "Without a word on it, a static import of nothing is an error, for a browser runs nothing of such a module, and what else is "
        "broken a warning. A source map that does not exist is no problem unless a pattern says so.",
    )
    modules: Choice = Choice(
        "rewrite",
        ("rewrite", "importmap"),
        "How JavaScript modules find each other.",
        example='modules = "importmap"',
        details="By rewritten imports, or by an import map, with which a change to one module renames one file.",
    )
    imports: Imports = Imports(
        {},
        "What bare specifiers mean, for the import map.",
        options="",
        example='imports = { "lit" = "vendor/lit/index.js", "three/addons/" = "vendor/three/addons/" }',
    )
    origins: Origins = Origins(
        (),
        "An origin that serves DIST; full URLs there are rewritten.",
        options="--origin",
        metavar="URL",
        example='origins = ["https://www.example.com"]',
        details="A scheme and a host. References to other origins stay as they are.",
    )
    bundler_manifests: Paths = Paths(
        (),
        "The manifest of a bundler; that of Vite is found.",
        options="--bundler-manifest",
        metavar="FILE",
        example='bundler-manifests = ["static/build/meta.json"]',
        details="That of Vite (which is found wherever it lies in a source), of a plugin of webpack, Rspack, Rollup or Parcel, "
        "esbuild's metafile, webpack-bundle-tracker's webpack-stats.json, the statistics of webpack and Rspack (`--json`), "
        "parcel-metrics.json, or the raw data of rollup-plugin-visualizer. The files that it names keep their names.",
    )
    strict: Flag = Flag(default=False, summary="Treat every warning as an error.", example="strict = true")
    max_age: WholeNumber = WholeNumber(
        60,
        "How long plain URLs may be cached.",
        least=0,
        metavar="SECONDS",
        example="max-age = 300",
        details="HTML is always revalidated, and a fingerprinted URL is cached for a year.",
    )
    index: FileName = FileName(
        "index.html",
        "The file that answers for its directory.",
        metavar="NAME",
        example='index = ""',
        details="With an empty name there is none.",
    )
    spa: Fallbacks = Fallbacks(
        (),
        "A page for unknown paths that a person navigates to: a single-page application.",
        metavar="URL=FILE",
        example='spa = ["/=index.html"]',
        details="It is sent with status 200 below URL, where the application answers 404 to a GET or HEAD that takes HTML; never "
        "below the prefix. [More](../howto/single-page-apps.md).",
    )
    not_found: Fallbacks = Fallbacks(
        (),
        "The same with status 404: a page that says so.",
        metavar="URL=FILE",
        example='not-found = "404.html"',
        details="`FILE` alone is for the whole site.",
    )
    cross_origin: Flag = Flag(
        default=True, summary="Allow other origins to read the files (CORS).", example="cross-origin = false"
    )
    budgets: Budgets = Budgets(
        (),
        "What files may weigh; the build fails where they weigh more.",
        options="",
        example='budgets = [{ page = "index.html", coding = "br", max = "150 kB" }]',
        details="A budget has `max`, and what it is for: `for`, a pattern (each file that matches, or with "
        '`scope = "total"` all together), `page` (an HTML file and all that it loads), or `entry` (a script and its static '
        "imports). With a `coding` they count as who takes it downloads them, otherwise in the smallest that each has. Several "
        "are better written as tables: `[[tool.servestatic-build.budgets]]`. [More](../howto/budgets.md).",
    )
    types: MediaTypes = MediaTypes(
        {}, "Media types by suffix.", options="", example='types = { ".usdz" = "model/vnd.usdz+zip" }'
    )
    headers: HeaderRules = HeaderRules(
        (),
        "Changes to the headers of files that match a pattern.",
        options="",
        example='headers = [{ for = "*.pdf", set = { "Content-Disposition" = "attachment" } }]',
        details="A rule has `for`, and `remove`, `set` and `add`, which are done in this order. Several rules are better "
        "written as tables: `[[tool.servestatic-build.headers]]`. What the bytes decide, such as Content-Length, no rule may change.",
    )
    headers_hook: Hook[HeadersHook] = Hook(
        None,
        "A function that changes the headers of each URL.",
        options="",
        example='headers-hook = "project.assets:add_headers"',
        details="It is called with a `wsgiref.headers.Headers`, the path of the file and the URL.",
    )
    keep_releases: WholeNumber = WholeNumber(
        5,
        "How many earlier releases stay served.",
        least=0,
        metavar="N",
        example="keep-releases = 10",
        details="Their fingerprinted URLs go on being answered; `keep-days` may keep more. With 0 for both nothing is kept.",
    )
    keep_days: WholeNumber = WholeNumber(
        30,
        "How long earlier releases stay served at least.",
        least=0,
        metavar="DAYS",
        example="keep-days = 90",
        details="Counted from when a release was replaced. `keep-releases` may keep more.",
    )
    grace_minutes: WholeNumber = WholeNumber(
        10,
        "How long files stay that no kept release needs.",
        least=0,
        metavar="MINUTES",
        example="grace-minutes = 60",
        details="A process that has not noticed the new release yet may still read them. Counted from when the manifest stopped "
        "listing them; a later build deletes them.",
    )
    previous: Paths = Paths(
        (),
        "An earlier DIST whose URLs stay served: a directory, a manifest or an archive.",
        options="--previous",
        metavar="PATH",
        example='previous = ["previous"]',
        details="For builds that begin without the last DIST, as in CI and in containers: a DIST, its manifest beside its files, or "
        "a tar or zip archive of a DIST. What is there goes by `keep-releases` and `keep-days`, as what DIST itself has does. An "
        "empty directory is no error, so that there can be a first build. [More](../howto/releases.md).",
    )
    deltas: WholeNumber = WholeNumber(
        0,
        "From how many earlier contents of a file its differences are kept (RFC 9842).",
        least=0,
        metavar="N",
        example="deltas = 2",
        details="A browser that has one of them downloads the difference only: often less than a tenth of the file. It goes by the "
        "releases that are kept. [More](../howto/deltas.md).",
    )
    public_deltas: Flag = Flag(
        default=False,
        summary="Let shared caches keep differences.",
        example="public-deltas = true",
        details="Only for a CDN that has both `Accept-Encoding` and `Available-Dictionary` in its key: another one would break the site.",
    )
    label: Label = Label(
        None,
        "What to call this release, such as v1.2.3.",
        metavar="TEXT",
        details="`SERVESTATIC_LABEL` in the environment takes the place of the default.",
        in_file=False,
    )
    verify_content: Flag = Flag(
        default=False, summary="Read all sources and DIST; believe no date or size.", in_file=False
    )
    replace_foreign: Flag = Flag(
        default=False,
        summary="Replace files in DIST that no build wrote where the release has plain names of its own.",
        in_file=False,
        options="",
    )
    check: Flag = Flag(default=False, summary="Write nothing; exit 1 if DIST is out of date.", in_file=False)

    def __post_init__(self) -> None:
        """Raise ConfigError for what no build can follow."""
        if not self.sources:
            raise ConfigError("no source to compile", "name a directory, for example: servestatic-build static -o dist")
        require_apart(self.sources, self.out, has_files_dir=self.layout == "files")

    @property
    def modes(self) -> Modes:
        """The permissions of the release's files and directories."""
        file, directory = self.file_mode, self.directory_mode
        if directory is None and file is not None:
            directory = file | (file & 0o444) >> 2  # who may read it may enter it
        return Modes(file, directory)

    @property
    def root_url(self) -> str | None:
        """The URL path that DIST stands for, None where all files lie below files/."""
        return {"urls": "/", "prefix": self.prefix}.get(self.layout)


SETTINGS: dict[str, Setting[Any, Any]] = {
    setting.name: setting for setting in vars(Config).values() if isinstance(setting, Setting)
}
