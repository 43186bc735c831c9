"""From the files of a graph to assets in all their codings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from servestatic_build.cache.last_build import LastBuild
from servestatic_build.cache.layered import Cache
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.model import Asset, Graph
from servestatic_build.releases.previous import PreviousRelease
from servestatic_build.render.coded_bytes import CodedBytes
from servestatic_build.render.coding_choice import CodingChoice
from servestatic_build.render.compress import Compressor
from servestatic_build.render.fingerprint import fingerprint
from servestatic_build.render.hash_lists import Hashes
from servestatic_build.render.renderer import Renderer
from servestatic_build.settings.config import Config
from servestatic_build.stages import Stages
from servestatic_build.store.staging import Staging


class Rendered(NamedTuple):
    """Assets, the hashes that stand in their texts, and what makes the bytes of those that were known before."""

    assets: tuple[Asset, ...]
    hashes: Hashes
    compressor: Compressor


@dataclass(frozen=True, slots=True)
class Rendering:
    """The two stages that make bytes, and what they are told."""

    config: Config
    epoch: int | None
    cache: Cache
    last_build: LastBuild
    stages: Stages
    diagnostics: Diagnostics

    def render(self, graph: Graph, staging: Staging, last: PreviousRelease) -> Rendered:
        """Return the files of a graph as assets; raise BuildError. ``last`` is the release before."""
        config, diagnostics = self.config, self.diagnostics
        renderer = Renderer(graph, staging, self.last_build, diagnostics)
        with self.stages.stage("fingerprint", len(graph.files)) as advance:
            assets = fingerprint(graph, renderer, last, self.epoch, advance)
        choice = CodingChoice(config.codings, config.compress, config.no_compress, config.compress_limit)
        tasks = choice.tasks(assets, diagnostics)
        with self.stages.stage("compress", len(tasks)) as advance:
            coded = CodedBytes(config.effort, self.cache, self.last_build)
            compressor = Compressor(coded, renderer, staging, config.jobs)
            return Rendered(compressor.compress(assets, tasks, advance), renderer.hashes, compressor)
