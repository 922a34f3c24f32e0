"""Forward and training step of the study's net, ours and PyTorch's on the CPU, and zero-skipping.

    python benchmarks/cooperative.py [--quick] --json FILE

The net: context_net("m2h"), 36.7k parameters, float32, one thread on both sides. CPU seconds of
this process, median of the repeats, ours and the peer's interleaved. The peer is the same net in
torch modules, eager and (forward) under inference_mode; ``error`` is the largest difference of the
outputs. Where torch is not importable its rows are left out. Rows: {case, ours_s, peer, peer_s,
ratio, error}; ratio = peer_s / ours_s.
"""

# ruff: noqa: E402  (threads are capped before numpy is imported)

import argparse
import importlib.util
import json
import os
import statistics
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np

from neuromorph.cooperative import context_net
from neuromorph.cooperative.frame_data import Batch
from neuromorph.cooperative.learning import loss_and_slope
from neuromorph.cooperative.objective import Objective
from neuromorph.cooperative.optimiser import Adam, Moments
from neuromorph.cooperative.plan import plan
from neuromorph.cooperative.propagation import Workspace, backward, forward
from neuromorph.cooperative.zero_skip import SkippingMachine

OBJECTIVE = (Objective(population="mask", weight=4.0),)


def median(*calls, repeats, inner):
    """CPU seconds of one call of each, interleaved."""
    times = [[] for _ in calls]
    for call in calls:
        call()
    for _ in range(repeats):
        for call, into in zip(calls, times, strict=True):
            begun = time.process_time()
            for _ in range(inner):
                call()
            into.append((time.process_time() - begun) / inner)
    return [statistics.median(values) for values in times]


def batch_of(size):
    rng = np.random.default_rng(size)
    audio, video = (rng.normal(size=(1, size, n)).astype(np.float32) for n in (88, 125))
    target = (rng.random((1, size, 22)) > 0.8).astype(np.float32)
    return Batch(inputs={"audio": audio, "video": video}, targets={"mask": target},
                 labelled=np.ones(size, dtype=bool))  # fmt: skip


def our_step(laid, batch):
    slopes = laid.like(np.empty_like(laid.vector))
    space = Workspace()
    moments, optimiser = Moments.zeros(laid.vector), Adam(rate=1e-3)

    def step():
        tape = forward(laid, batch.inputs, workspace=space)
        backward(laid, tape, loss_and_slope(laid, tape, batch, OBJECTIVE)[1], slopes)
        optimiser.step(laid.vector, slopes.vector, moments, 0.0)

    return step


def their_net(network):
    import torch

    torch.set_num_threads(1)
    wire = {(p.source, p.target): torch.tensor(p.weights.toarray(), dtype=torch.float32)
            for p in network.projections}  # fmt: skip
    own = {
        f"{p.name}_{field}": torch.tensor(getattr(p.cell, field), dtype=torch.float32)
        for p in network.populations
        for field in ("bias", "theta", "context_bias")
        if isinstance(getattr(p.cell, field, None), np.ndarray)
    }

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            for (source, target), value in wire.items():
                self.register_parameter(f"{source}__{target}", torch.nn.Parameter(value))
            for key, value in own.items():
                self.register_parameter(key, torch.nn.Parameter(value))

        def two_point(self, x, z, source, name):
            r = torch.addmm(getattr(self, f"{name}_bias"), x, getattr(self, f"{source}__{name}"))
            c = torch.addmm(getattr(self, f"{name}_context_bias"), z,
                            getattr(self, f"lines__{name}"))  # fmt: skip
            gain = torch.relu(1 + c)
            return torch.clamp(r * gain - getattr(self, f"{name}_theta"), 0, 6)

        def forward(self, audio, video):
            u = torch.relu(torch.addmm(self.summary_bias, video, self.video__summary))
            z = torch.relu(torch.addmm(self.lines_bias, u, self.summary__lines))
            h = self.two_point(audio, z, "audio", "hidden1")
            h = self.two_point(h, z, "hidden1", "hidden2")
            return h @ self.hidden2__mask + z @ self.lines__mask + self.mask_bias

    return Net()


def against_torch(size, repeats):
    import torch

    network, batch = context_net("m2h"), batch_of(size)
    laid = plan(network, dtype=np.float32)
    net = their_net(network)
    audio, video = (torch.tensor(batch.inputs[name][0]) for name in ("audio", "video"))
    target = torch.tensor(batch.targets["mask"][0])
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)
    machine, space = SkippingMachine(laid), Workspace()
    rows = {name: value[0] for name, value in batch.inputs.items()}

    def ours_forward():
        if size == 1:
            return machine.read(rows, "mask")
        return forward(laid, batch.inputs, workspace=space)

    @torch.inference_mode()
    def theirs_forward():
        return net(audio, video)

    def theirs_step():
        optimiser.zero_grad()
        loss = 4 * torch.nn.functional.binary_cross_entropy_with_logits(net(audio, video), target)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()

    tape = forward(laid, batch.inputs)
    error = float(np.abs(tape.y[0][laid.number("mask")] - theirs_forward().numpy()).max())
    inner = max(1, 512 // size)
    out = []
    for case, ours, theirs in (
        ("forward", ours_forward, theirs_forward),
        ("training step", our_step(plan(network, dtype=np.float32), batch), theirs_step),
    ):
        a, b = median(ours, theirs, repeats=repeats, inner=inner)
        out.append({"case": f"{case}, batch {size}", "ours_s": a,
                    "peer": f"torch {torch.__version__}", "peer_s": b, "ratio": b / a,
                    "error": error})  # fmt: skip
    return out


def zero_skipping(repeats):
    """One frame at 20 % active hidden outputs and open units: skipping against whole matrices."""
    network = context_net("m2h", hidden=(512, 512))
    laid = plan(network, dtype=np.float32)
    rows = {name: value[0] for name, value in batch_of(1).inputs.items()}
    one = {name: value[None] for name, value in rows.items()}
    for layer in laid.layers[2:4]:  # close units until a fifth is open and fires
        tape = forward(laid, one)
        gain = 1.0 + tape.c[0][layer.number][0]
        layer.context_bias[:] -= np.quantile(gain, 0.8)
        layer.bias[:] += 20.0
    tape, machine = forward(laid, one), SkippingMachine(laid)
    active = [float(np.mean(tape.y[0][layer.number] != 0)) for layer in laid.layers[2:4]]
    skipped = machine.run(rows)[0]["mask"]
    error = float(np.abs(tape.y[0][laid.number("mask")] - skipped).max())
    space = Workspace()
    a, b = median(
        lambda: machine.read(rows, "mask"), lambda: forward(laid, one, workspace=space),
        repeats=repeats, inner=200,
    )  # fmt: skip
    case = f"one frame, 512 x 512 hidden, {np.mean(active):.0%} active"
    return [{"case": case, "ours_s": a, "peer": "our dense BLAS pass", "peer_s": b, "ratio": b / a,
             "error": error}]  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    repeats = 5 if options.quick else 21
    rows = zero_skipping(repeats)
    if importlib.util.find_spec("torch"):
        for size in (1, 32, 256):
            rows += against_torch(size, repeats)
    else:
        print("torch is not importable here: its rows are left out")
    for row in rows:
        print(
            f"{row['case']:44s} {row['ours_s'] * 1e6:9.1f} us   {row['peer']}: "
            f"{row['peer_s'] * 1e6:9.1f} us   ratio {row['ratio']:.2f}   {row['error']:.1e}"
        )
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=1)


if __name__ == "__main__":
    main()
