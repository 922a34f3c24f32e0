import pytest

import neuromorph as nm
from neuromorph.cooling import COOLING
from neuromorph.energy import DEVICES, OPERATIONS, device, operation

COUNTS = nm.Counts(effective_acs=1000, dense=50_000, membrane_updates=300)


@pytest.mark.parametrize(
    ("name", "joules"),
    [
        # KerasSpiking, model_energy.py: J per synaptic operation and per update
        ("cpu", 50_000 * 8.6e-9 + 300 * 8.6e-9),
        ("gpu", 50_000 * 0.3e-9 + 300 * 0.3e-9),
        ("arm", 50_000 * 0.9e-9 + 300 * 0.9e-9),
        ("loihi", 1000 * 27.1e-12 + 300 * 81e-12),
        ("spinnaker", 1000 * 13.3e-9 + 300 * 26e-9),
        ("spinnaker2", 1000 * 450e-12 + 300 * 2.19e-9),
        # Corradi et al. 2021; Horowitz 2014
        ("fpga-corradi", 1000 * 0.151e-9),
        ("asic-45nm-fp32", 1000 * 0.9e-12),
        # 250 uA times 2.0678e-15 Wb
        ("sfq-junction", 1000 * 5.169585e-19),
    ],
)
def test_events_times_constant(name, joules):
    energy = DEVICES[name].energy(COUNTS)
    assert energy.joules == pytest.approx(joules, rel=1e-6)
    assert energy.method == "counted"
    assert energy.source


def test_every_constant_has_a_source():
    for entry in [*DEVICES.values(), *OPERATIONS.values(), *COOLING.values()]:
        assert len(entry.source) > 10


def test_a_users_own_device():
    mine = nm.CostTable(
        name="mine", synaptic_event=1e-12, neuron_update=2e-12, spiking=True, source="a test"
    )
    table = nm.compare(nm.workloads.xor(), ("numba",), devices=("loihi", mine))
    row = table.row("numba")
    (figure,) = [e for e in row.energy if e.label == "mine"]
    expected = row.counts.effective_acs * 1e-12 + row.counts.membrane_updates * 2e-12
    assert figure.joules == pytest.approx(expected)
    assert figure.per == "inference"
    assert "Loihi" in str(table)


def test_bad_tables():
    with pytest.raises(ValueError, match=r"CostTable 'x': synaptic_event = -1.0 J came"):
        nm.CostTable(name="x", synaptic_event=-1.0, neuron_update=0, spiking=True, source="s")
    with pytest.raises(ValueError, match="no source came"):
        nm.CostTable(name="x", synaptic_event=1.0, neuron_update=0, spiking=True, source=" ")
    with pytest.raises(ValueError, match="device: 'brain' came, cpu, gpu"):
        device("brain")
    with pytest.raises(ValueError, match="operation: 'thought' came, int8 add, "):
        operation("thought")


def test_cooling_presets():
    cold = nm.Energy(
        joules=1e-18, subject="device", boundary="device", method="simulated", source="s",
        temperature=4.2,
    )  # fmt: skip
    # Carnot from 300 K to 4.2 K
    assert cold.at("wall+cooling", cooling="carnot").joules == pytest.approx(70.4286e-18, rel=1e-5)
    wall = cold.at("wall+cooling", cooling="plant", supply_efficiency=0.5)
    assert wall.joules == pytest.approx(800e-18)
    assert "plant: large helium plant; customary figure" in str(wall)
    assert "supply efficiency 0.5" in str(wall)
    with pytest.raises(ValueError, match="cooling: 'ice' came, a number or none, carnot, plant"):
        cold.at("wall", cooling="ice")
