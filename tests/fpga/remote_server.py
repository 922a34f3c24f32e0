"""A board's server of PYNQ.remote with simulated RTL behind it: prints its port, ends with stdin.

Run by test_driver.py as a process of its own. The services are those whose stubs pynq ships;
loopback only, since the channel has no authentication.
"""

import sys
from concurrent import futures

import grpc
import numpy as np
from pynq.remote import (
    buffer_pb2,
    buffer_pb2_grpc,
    mmio_pb2,
    mmio_pb2_grpc,
    remote_device_pb2,
    remote_device_pb2_grpc,
)

from neuromorph.fpga.frame_shape import FrameShape
from neuromorph.fpga.simulator import simulated_device

FILES = {
    "/proc/version": b"Linux version 6.6 (aarch64)",
    "/proc/device-tree/chosen/pynq_board": b"SIM-ZCU104\0",
    "/sys/class/fpga_manager/fpga0/state": b"operating",
    "/sys/class/fpga_manager/fpga0/flags": b"0",
    "/sys/class/hwmon/hwmon2/name": b"irps5401\n",
    "/sys/class/hwmon/hwmon2/device/uevent": b"OF_FULLNAME=/axi/i2c@ff030000/irps5401@43\n",
    "/sys/class/hwmon/hwmon2/power2_input": b"2125000\n",
}


class Files(remote_device_pb2_grpc.RemoteDeviceServicer):
    def __init__(self, device):
        self.device, self.files = device, dict(FILES)

    def existsfile(self, request, context):
        return remote_device_pb2.ExistsFileResponse(exists=request.file_path in self.files)

    def readfile(self, request, context):
        yield remote_device_pb2.ReadFileResponse(data=self.files[request.file_path])

    def writefile(self, request_iterator, context):
        for request in request_iterator:
            self.files[request.file_path] = request.data
            if request.file_path.endswith("fpga0/firmware"):
                self.device.core.reset()  # what a new configuration does
        return remote_device_pb2.WriteFileResponse()

    def set_bitstream_attrs(self, request, context):
        return remote_device_pb2.SetBitstreamAttrsResponse(status=True)


class Registers(mmio_pb2_grpc.MmioServicer):
    def __init__(self, device):
        self.device = device

    def get_mmio(self, request, context):
        return mmio_pb2.GetMmioResponse(status=True, mmio_id=str(request.base_addr))

    def read(self, request, context):
        raw = self.device.read_registers(int(request.mmio_id) + request.offset, request.length)
        return mmio_pb2.ReadResponse(status=True, data=int.from_bytes(raw, "little"))

    def write(self, request, context):
        self.device.write_registers(int(request.mmio_id) + request.offset, request.data)
        return mmio_pb2.WriteResponse(status=True)


class Buffers(buffer_pb2_grpc.RemoteBufferServicer):
    def __init__(self, device):
        self.device, self.held = device, {}

    def allocate(self, request, context):
        buffer = self.device.allocate((request.size,), np.uint8)
        self.held[str(buffer.device_address)] = buffer
        return buffer_pb2.AllocateResponse(buffer_id=str(buffer.device_address))

    def write(self, request_iterator, context):
        at = 0
        for request in request_iterator:
            data = np.frombuffer(request.data, np.uint8)
            self.held[request.buffer_id][at : at + data.size] = data
            at += data.size
        return buffer_pb2.BufferWriteResponse()

    def read(self, request, context):
        yield buffer_pb2.BufferReadResponse(data=self.held[request.buffer_id].tobytes())

    def freebuffer(self, request, context):
        self.held.pop(request.buffer_id).freebuffer()
        return buffer_pb2.FreeBufferResponse()

    def flush(self, request, context):
        return buffer_pb2.FlushResponse()

    def invalidate(self, request, context):
        return buffer_pb2.InvalidateResponse()

    def physical_address(self, request, context):
        return buffer_pb2.AddressResponse(address=int(request.buffer_id))

    virtual_address = physical_address


if __name__ == "__main__":
    shape = FrameShape(unit_bits=7, synapse_bits=12, segment_bits=5, row_bits=7, table=True,
                       memory=True)  # fmt: skip
    device = simulated_device(shape, limit=200_000)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1))
    remote_device_pb2_grpc.add_RemoteDeviceServicer_to_server(Files(device), server)
    mmio_pb2_grpc.add_MmioServicer_to_server(Registers(device), server)
    buffer_pb2_grpc.add_RemoteBufferServicer_to_server(Buffers(device), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    sys.stdin.read()
    server.stop(None).wait(60)
