"""A pipelined 4-bit ripple adder of about 2,000 junctions, built of the library's cells.

Every gate is a NOR: a merger into an inverter with a clock. DFFs hold a signal back where it is
needed in a later stage, splitters fan it out, one tree of splitters clocks all. JoSIM's counts of
the same deck are in josim/adder.json.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from neuromorph.circuits import read, simulate
from neuromorph.circuits.cell import library
from neuromorph.circuits.cell.drive import drive

ps = 1e-12
BITS, PERIOD, FIRST = 4, 100 * ps, 100 * ps
WORDS = [(0, 0), (15, 1), (5, 10), (9, 7), (15, 15), (6, 3), (12, 13), (1, 8)]
TRUTH = json.loads((Path(__file__).parent / "josim" / "adder.json").read_text())


def gates():
    """Return the inputs of each NOR by name, in order: a half adder and three full adders."""
    nor = {"na": ["a0"], "nb": ["b0"], "c0": ["na", "nb"], "g0": ["a0", "b0"],
           "s0": ["g0", "c0"]}
    for i in range(1, BITS):
        nor |= {f"g{i}": [f"a{i}", f"b{i}"], f"p{i}": [f"a{i}", f"g{i}"],
                f"q{i}": [f"b{i}", f"g{i}"], f"x{i}": [f"p{i}", f"q{i}"],
                f"h{i}": [f"x{i}", f"c{i - 1}"], f"u{i}": [f"x{i}", f"h{i}"],
                f"v{i}": [f"c{i - 1}", f"h{i}"], f"s{i}": [f"u{i}", f"v{i}"],
                f"c{i}": [f"g{i}", f"h{i}"]}
    return nor


class Pipeline:
    """Cards of the gates, their delays, fan-outs and clocks; ``stage`` of each signal."""

    def __init__(self, nor, outputs):
        self.cards, self.takers, self.clocked = [], {}, 0
        self.stage = {f"{x}{i}": 0 for x in "ab" for i in range(BITS)}
        for name, inputs in nor.items():
            self.stage[name] = 1 + max(self.stage[i] for i in inputs)
            self.gate(name, inputs)
        self.depth = max(self.stage[o] for o in outputs)
        for name in outputs:
            node = self.taken(name, self.depth)
            self.cards += [f"XO{name} jtl {node} r{name}", f"RO{name} r{name} 0 2"]
        for source, nodes in list(self.takers.items()):
            self.fan(source, nodes)
        self.fan("clk", [f"k{n}" for n in range(1, self.clocked + 1)])

    def taken(self, name, stage):
        """Return a new node that carries a signal, held back to a stage."""
        source = name
        for later in range(self.stage[name] + 1, stage + 1):
            held = f"{name}h{later}"
            if held not in self.takers:
                self.cell("dff", held, self.branch(source))
            source = held
        return self.branch(source)

    def branch(self, source):
        nodes = self.takers.setdefault(source, [])
        nodes.append(f"t{source}b{len(nodes)}")
        return nodes[-1]

    def cell(self, kind, name, node):
        self.clocked += 1
        self.takers.setdefault(name, [])
        self.cards += [f"XG{name} {kind} {node} k{self.clocked} y{name}",
                       f"XJ{name} jtl y{name} z{name}"]

    def gate(self, name, inputs):
        nodes = [self.taken(i, self.stage[name] - 1) for i in inputs]
        if len(nodes) == 2:
            self.cards += [f"XM{name} merger {nodes[0]} {nodes[1]} m{name}",
                           f"XN{name} jtl m{name} l{name}"]
            nodes = [f"l{name}"]
        self.cell("not", name, nodes[0])

    def fan(self, source, nodes, node=None):
        """Lead a signal to its takers: half of them on each side of a splitter."""
        node = node or f"z{source}"
        if len(nodes) == 1:
            self.cards.append(f"XF{nodes[0]} jtl {node} {nodes[0]}")
            return
        half = (len(nodes) + 1) // 2
        one, two = f"{node}l", f"{node}r"
        self.cards += [f"XS{node} splitter {node} {one}i {two}i",
                       f"XP{one} jtl {one}i {one}", f"XP{two} jtl {two}i {two}"]
        self.fan(source, nodes[:half], one)
        self.fan(source, nodes[half:], two)


def deck(step=0.1):
    """Return the adder with its drives as text, and the stages from input to output."""
    outputs = [f"s{i}" for i in range(BITS)] + [f"c{BITS - 1}"]
    adder = Pipeline(gates(), outputs)
    edges = FIRST + PERIOD * np.arange(len(WORDS) + adder.depth)
    trains = {"clk": edges}
    for bit in range(BITS):
        for side, name in enumerate("ab"):
            trains[f"{name}{bit}"] = [edges[k] + 20 * ps for k, word in enumerate(WORDS)
                                      if word[side] >> bit & 1]
    cards = [drive(f"D{name}", f"d{name}", times) + f"\nXD{name} dcsfq d{name} e{name}\n"
             f"XE{name} jtl e{name} z{name}" for name, times in trains.items() if len(times)]
    end = (edges[-1] + 200 * ps) / ps
    prints = [f".print p(B1.XO{name})" for name in outputs]
    return "\n".join(["* 4-bit adder", library.process(),
                      *(library.cell(name) for name in
                        ("dcsfq", "jtl", "splitter", "merger", "dff", "not")),
                      *cards, *adder.cards, f".tran {step}p {end:g}p 0 {step}p", *prints, ".end",
                      ""]), adder.depth


@pytest.fixture(scope="module")
def run():
    text, _ = deck()
    return simulate(read(text), record=())


@pytest.mark.slow
def test_every_junction_turns_as_often_as_in_josim(run):
    cells = {}
    for name in sorted(run.counts):
        cells.setdefault(name.partition(".")[2], []).append(int(run.counts[name]))
    assert len(run.counts) == 2229
    assert cells == TRUTH["counts"]


@pytest.mark.slow
def test_the_adder_adds(run):
    """Words come in every 100 ps; their sums leave together, ten stages later."""
    first = FIRST + PERIOD * 9.5  # the tree of the clock and the last gate take 90 ps more
    for k, (a, b) in enumerate(WORDS):
        word = 0
        for bit, name in enumerate(["S0", "S1", "S2", "S3", "C3"]):
            when = run.pulses[f"B1.XO{name}"]
            word |= int(np.sum(np.floor((when - first) / PERIOD) == k)) << bit
        assert word == a + b, (a, b)
