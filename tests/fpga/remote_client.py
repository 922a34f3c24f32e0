"""The client of test_driver.py's remote board: ``remote_client.py PORT NAME.bit``.

Prints the board's name, the four answers of the exclusive or, the clock cycles, and what the
board's sensor reads.
"""

import sys
import warnings

import numpy as np
from pynq.pl_server.remote_device import RemoteDevice

import neuromorph as nm
from neuromorph.backends.frame_core import frame_program
from neuromorph.cooperative.plan import plan
from neuromorph.fpga import board as boards
from neuromorph.fpga import rtl, sensor
from neuromorph.fpga.driver import Board

if __name__ == "__main__":
    warnings.simplefilter("ignore", ResourceWarning)  # pynq leaves a file of its own open
    work = nm.workloads.cooperative_xor()
    program = frame_program(plan(work.network), work.quantised, 2)
    device = RemoteDevice(0, "127.0.0.1", port=int(sys.argv[1]))
    with Board(sys.argv[2], device=device, build=rtl.build_hash(), room=256) as board:
        board.load(program)
        board.write("CONTROL", 2)
        answers = [
            board.predict(np.array([[a * 4096, b * 4096]]))[0, -1]
            for a, b in ((0, 0), (0, 1), (1, 0), (1, 1))
        ]
        watts = sensor.rail_reader(boards.board_data("zcu104").rail("INT"), device=device)()
        print(device.name, " ".join(map(str, answers)), board.read("CYCLES"), watts, sep="\n")
