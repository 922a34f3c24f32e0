"""Control statements and sources of the dialect, one by one."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from neuromorph.circuits import read, simulate
from neuromorph.circuits.deck.netlist import NetlistError
from neuromorph.circuits.element import PhaseSource, Resistor
from neuromorph.circuits.export import save_files
from neuromorph.circuits.sampled_waveform import Custom, NoiseSource

ps = 1e-12
LEVELS = "0 2 -1 4"


def source(text, step=0.5 * ps, duration=60 * ps, folder=None):
    deck = f"* one source into one ohm\nI1 0 1 {text}\nR1 1 0 1\n.tran {step} {duration} DST\n"
    return simulate(read(deck, folder=folder), record=["I(I1)"])


def test_pws_is_a_half_cosine_between_points():
    run = source("pws(10p 1m 30p -1m)")
    expected = np.where(run.time < 10 * ps, 1e-3, np.where(
        run.time > 30 * ps, -1e-3, 1e-3 * np.cos(np.pi * (run.time / ps - 10) / 20)))
    np.testing.assert_allclose(run.currents["I1"], expected, atol=1e-12)


@pytest.mark.parametrize(("order", "expected"), [
    (0, [0, 0, 2, 2, -1, -1, 4, 4, 4]),
    (1, [0, 0, 0, 1, 2, 0.5, -1, 1.5, 4]),
    (2, None),
])
def test_custom_samples_are_held_joined_or_splined(tmp_path, order, expected):
    (tmp_path / "wave.txt").write_text(LEVELS + "\nanother line\n")
    run = source(f"cus(wave.txt 10p 1m {order})", step=5 * ps, duration=40 * ps, folder=tmp_path)
    if expected is None:
        spline = CubicSpline([0, 10, 20, 30], [0, 2, -1, 4], bc_type="natural")
        t = np.arange(0, 45, 5.0)
        expected = np.where(t > 30, 4 + (t - 30) * spline(30.0, 1), spline(t))
    np.testing.assert_allclose(run.currents["I1"] * 1e3, expected, atol=1e-9)


def test_a_periodic_custom_source_starts_again():
    wave = Custom(samples=[1.0, 3.0], interval=1.0, order=0, delay=0.5, periodic=True)
    assert wave.value(np.array([0.2, 0.7, 1.7, 2.7, 3.7])).tolist() == [0, 1, 3, 1, 3]
    assert wave.integral(np.array([2.5]))[0] == pytest.approx(4.0)


def test_the_wave_file_is_named_if_it_is_missing(tmp_path):
    with pytest.raises(NetlistError, match=r"deck:2: .*no file .*gone\.txt"):
        source("cus(gone.txt 10p)", folder=tmp_path)


def test_noise_has_the_variance_of_its_density_and_is_the_seeds():
    text = "* noise\nI1 0 1 noise(2e-12 0 1p)\nR1 1 0 1\n.tran 1p 20n\n"
    first = simulate(read(text), record=["I(I1)"], seed=3).currents["I1"]
    again = simulate(read(text), record=["I(I1)"], seed=3).currents["I1"]
    other = simulate(read(text), record=["I(I1)"], seed=4).currents["I1"]
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    # 20,000 draws: the standard deviation is known to 0.5 percent (one sigma)
    assert np.std(first) == pytest.approx(2e-12 / np.sqrt(2e-12), rel=0.02)


def test_noise_of_a_bandwidth_keeps_its_density_in_the_band():
    """R beside C: below the band <V^2> is kT/C, as for white noise."""
    text = ("* RC with band-limited noise, RC = 20 ps\nR1 1 0 100\nC1 1 0 0.2p\n"
            ".temp 4.2\n.neb 0.5e12\n.tran 0.25p 40n\n")
    run = simulate(read(text), record=["V(1)"], seed=1)
    thermal = 1.380649e-23 * 4.2 / 0.2e-12
    # 2,000 correlation times: 3 percent (one sigma), the band takes a few percent more
    assert np.mean(run.voltages["1"] ** 2) == pytest.approx(thermal, rel=0.15)
    assert run.energy.noise == 0.0


def test_spread_draws_by_seed_within_the_range():
    def values(seed):
        lines = "".join(f"R{k} 1 0 2\n" for k in range(300))
        deck = read(f"* spread\n{lines}I1 0 1 1m\nL2 1 0 0\nL1 1 0 2p spread=0.3\nC1 1 0 1p\n"
                    ".spread 0.2 C=0.01\n"
                    f".option seed={seed}\n")
        return {e.name: e.value for e in deck.elements if hasattr(e, "value")}

    one, same, other = values(1), values(1), values(2)
    assert one == same
    assert one != other
    resistors = np.array([v for n, v in one.items() if n[0] == "R"]) / 2
    assert np.all(np.abs(resistors - 1) < 0.2)
    assert np.std(resistors) == pytest.approx(0.2 / 3, rel=0.15)
    assert 0 < abs(one["L1"] / 2e-12 - 1) < 0.3
    assert 0 < abs(one["C1"] / 1e-12 - 1) < 0.01


@pytest.mark.parametrize(("line", "message"), [
    (".spread", r"\.spread takes a fraction"),
    (".spread 1.5", r"spread 1\.5 came, from 0 to below 1"),
    (".spread X=0.1", r"spread of 'X' came, R L C B are allowed"),
    ("R2 1 0 1 spread=2", r"spread 2 came"),
    (".iv nomodel 1m x.csv", r"no \.model NOMODEL"),
    (".iv", r"\.iv takes a model"),
    (".tran 1p 10p 0 1p -1p", r"filter window of -1e-12 s came"),
    ("R2 1 0 1 2", r"2 values came after the nodes"),
    (".param two=one+one\nR2 1 0 two", r"'ONE' is no number and no parameter"),
    (".param a=b b=a\nR2 1 0 a", r"parameter A depends on itself"),
])
def test_what_makes_no_sense_is_refused_with_its_line(line, message):
    with pytest.raises(NetlistError, match=rf"deck:[34]: .*{message}"):
        read(f"* header\nR1 1 0 1\n{line}\n")


def test_a_parameter_is_evaluated_where_it_is_used():
    deck = read("* a stray quote that JoSIM passes over too\n.param bias=0.7'\nR1 1 0 1\n")
    assert len(deck) == 1


def test_the_filter_window_is_a_normalised_hann_window():
    deck = "* filter\nI1 0 1 pwl(0 0 20p 0 20.5p 1m)\nR1 1 0 1\n.tran 0.5p 60p 0 0.5p 10p\n"
    run = simulate(read(deck), record=["I(I1)"])
    half = 10
    weight = 1 - np.cos((np.arange(21) + 0.5) * 2 * np.pi / 21)
    plain = np.where(run.time > 20.2 * ps, 1e-3, 0.0)
    k = 45
    expected = np.sum(plain[k - half : k + half + 1] * weight[::-1]) / weight.sum()
    assert run.currents["I1"][k] == pytest.approx(expected, rel=1e-9)
    assert run.currents["I1"][-1] == pytest.approx(1e-3)


def test_files_are_written_where_the_deck_says(tmp_path):
    deck = tmp_path / "d.cir"
    deck.write_text("* three files\nI1 0 1 pwl(0 0 5p 1m)\nR1 1 0 2\n.tran 1p 10p DST\n"
                    ".file a.csv\n.print v(1) devi R1\n.file b.dat\n.plot @R1[c]\n"
                    ".file c\n.save nodep 1\n.print i(R1)\n")
    run = simulate(read(deck))
    assert [p.name for p in save_files(run)] == ["a.csv", "b.dat", "c"]
    assert (tmp_path / "a.csv").read_text().startswith('time,"V(1)","I(R1)"\n')
    assert (tmp_path / "b.dat").read_text().startswith('time "I(R1)"\n')
    raw = (tmp_path / "c").read_text()
    assert "No. Variables: 3\nNo. Points: 11\n" in raw
    assert " 1 P(1) Phase\n 2 R1#branch Current\nValues:\n0 0\n" in raw


@pytest.mark.parametrize(("card", "name"), [
    (".print devv R1", "V(R1)"), (".print devi R1", "I(R1)"), (".plot phase R1", "P(R1)"),
    (".print devp R1", "P(R1)"), (".save nodev 1 0", "V(1,0)"), (".print nodep 1", "P(1)"),
    (".print tran v(1,2)", "V(1,2)"), (".print c(R1)", "I(R1)"), (".print @R1[v]", "V(R1)"),
    (".print R1#branch", "I(R1)"), (".print p(L1.X1)", "P(L1|X1)"), (".print p(L1|X1)", "P(L1|X1)"),
    (".control\nprint v(3.X1)\n.endc", "V(3|X1)"),
])
def test_every_form_of_printing(card, name):
    deck = ("* forms\n.subckt S a b\nL1 a 3 1p\nR2 3 b 1\n.ends\nX1 2 0 S\nI1 0 1 pwl(0 0 5p 1m)\n"
            f"R1 1 2 1\n.tran 1p 5p\n{card}\n")
    run = simulate(read(deck))
    assert [o.name for o in run.outputs] == [name]
    assert run.trace(run.outputs[0]).size == 6


def test_outputs_of_nothing_are_left_out_by_name():
    circuit, gone = read("* left over\nR1 1 0 1\n.tran 1p 5p\n.print v(1) p(B9.X3)\n").printable()
    assert gone == ("P(B9|X3)",)
    assert [o.name for o in circuit.outputs] == ["V(1)"]


def test_words_of_pjsim_and_a_short_inductor():
    deck = read("* from PJSIM\nR1 1 0 5 nfree\nL1 1 2 0.000pH fcheck\nR2 2 0 1\n.temp 4.2\n")
    assert isinstance(deck.element("R1"), Resistor)
    assert deck.element("R1").temperature == 0.0
    assert isinstance(deck.element("L1"), PhaseSource)


def test_noise_sources_are_scaled_like_others():
    wave = NoiseSource(amplitude=1.0, interval=1e-12).scaled(2.0)
    assert wave.amplitude == 2.0
