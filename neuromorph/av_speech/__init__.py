"""Audio-visual speech in noise: a synthetic corpus, and loaders for real ones."""

from neuromorph.av_speech.corpus import Corpus, CorpusConfig, generate
from neuromorph.av_speech.feature import FeatureConfig

__all__ = ["Corpus", "CorpusConfig", "FeatureConfig", "generate"]
