"""Audio-visual speech in noise: a synthetic corpus, and loaders for real ones."""

from neuromorph.av_speech.corpus import Corpus, CorpusConfig, generate
from neuromorph.av_speech.feature import FeatureConfig
from neuromorph.av_speech.recording import grid_corpus

__all__ = ["Corpus", "CorpusConfig", "FeatureConfig", "generate", "grid_corpus"]
