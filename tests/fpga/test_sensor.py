"""Finding a rail's sensor: made-up kernels, of this machine and of a board elsewhere."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from neuromorph.fpga import board, sensor
from neuromorph.fpga.power import SensorError

INT, VCCINT = board.board_data("zcu104").rail("INT"), board.board_data("zcu102").rail("VCCINT")


def kernel(folder, *devices):
    """Write hwmon devices (name, address or None, {channel: microwatt})."""
    for k, (name, address, channels) in enumerate(devices):
        place = folder / f"hwmon{k}"
        (place / "device").mkdir(parents=True)
        (place / "name").write_text(name + "\n")
        if address:
            (place / "device" / "uevent").write_text(
                f"DRIVER={name}\nOF_NAME={name}\nOF_FULLNAME=/axi/i2c@ff030000/{name}@{address}\n"
            )
        for channel, value in channels.items():
            (place / channel).write_text(f"{value}\n")
    return folder


#: As on a ZCU104: two regulators of a kind, whose first channel is their input.
ZCU104 = (("ina226", "40", {"power1_input": 14000000}),
          ("irps5401", "44", {"power1_input": 9, "power2_input": 3300000}),
          ("irps5401", "43", {"power1_input": 9, "power2_input": 2125000}))  # fmt: skip


class Elsewhere:
    """A board as pynq's RemoteDevice shows it: its files, one request each."""

    def __init__(self, folder):
        self.folder, self.asked = folder, 0

    def _place(self, path):
        self.asked += 1
        return Path(str(path).replace(sensor.HWMON, str(self.folder)))

    def exists_file(self, path):
        return SimpleNamespace(exists=self._place(path).exists())

    def read_file(self, path):
        return self._place(path).read_bytes()


def test_a_sensor_is_found_by_name(tmp_path):
    folder = kernel(tmp_path, ("other", None, {"power1_input": 1500000}),
                    ("ina226_u79", None, {"power1_input": 2500000}))  # fmt: skip
    path = sensor.hwmon_file(VCCINT, root=folder)
    assert sensor.hwmon_reader(path)() == pytest.approx(2.5)
    with pytest.raises(SensorError, match=r"no sensor 'irps5401' at 0x43.*ina226_u79, other"):
        sensor.hwmon_file(INT, root=folder)


def test_two_of_a_kind_are_told_apart_by_their_address(tmp_path):
    """INT of the ZCU104 is power2 of the chip at 0x43, as the libsensors file of PYNQ has it."""
    folder = kernel(tmp_path, *ZCU104)
    assert sensor.hwmon_reader(sensor.hwmon_file(INT, root=folder))() == pytest.approx(2.125)
    nameless = board.Rail(name="INT", covers="", boundary="chip", hwmon="irps5401",
                          channel="power2_input", step=None, source="")  # fmt: skip
    with pytest.raises(SensorError, match=r"2 sensors 'irps5401' with power2.*give its address"):
        sensor.hwmon_file(nameless, root=folder)
    gone = kernel(tmp_path / "gone", *ZCU104[:2])
    with pytest.raises(SensorError, match="there are: ina226 at 0x40, irps5401 at 0x44"):
        sensor.hwmon_file(INT, root=gone)


def test_a_board_elsewhere_is_read_over_its_device(tmp_path):
    device = Elsewhere(kernel(tmp_path, *ZCU104))
    read = sensor.rail_reader(INT, device=device)
    (tmp_path / "hwmon2" / "power2_input").write_text("2250000\n")
    asked = device.asked
    assert read() == pytest.approx(2.25)
    assert device.asked == asked + 1, "one request a reading"
    with pytest.raises(ValueError, match="'pynq' came, 'hwmon', or on the board itself"):
        sensor.rail_reader(INT, source="pynq", device=device)


def test_pynqs_rails_are_read_and_a_missing_one_raises():
    """A rail that pynq does not have would read 0 there."""
    class Gauge:
        value = 1.75

    rails = {"INT": SimpleNamespace(power=Gauge()), "1V8": SimpleNamespace(power=None)}
    read = sensor.pynq_reader(INT, rails)
    assert read() == 1.75
    Gauge.value = 1.875
    assert read() == 1.875
    for found, told in (({}, "none (is libsensors there"), ({"12V": rails["INT"]}, "of: 12V"),
                        ({"INT": rails["1V8"]}, "none (is libsensors there")):  # fmt: skip
        with pytest.raises(SensorError) as raised:
            sensor.pynq_reader(INT, found)
        assert told in str(raised.value)


@pytest.mark.parametrize("name", board.boards())
def test_no_total_of_a_part_is_from_memory(name):
    """And blocks, LUTs and flip-flops go together as in this family: two flip-flops per LUT."""
    data = board.board_data(name)
    assert "memory" not in data.resources_source.replace("block memory", "")
    assert data.resources["ff"] == 2 * data.resources["lut"]
    assert data.resources["lut"] % 8 == 0
