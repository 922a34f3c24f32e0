"""Makes the fixtures in snnTorch (a trained XOR, a random convolutional net) and keeps its spikes.

    python tests/nir/train_fixture.py

Needs torch, snntorch, nirtorch and nir; the tests read the files and need nir only.
"""

from pathlib import Path

import nir
import numpy as np
import snntorch as snn
import torch
from snntorch.export_nir import export_to_nir

HERE = Path(__file__).resolve().parent
STEPS, BETA = 100, 0.9


def leaky(*shape, **options):
    return snn.Leaky(beta=torch.full(shape, BETA), threshold=torch.ones(shape), **options)


def trains(a, b, generator):
    """Dual rails: the active rail spikes in 3 of 10 steps."""
    rates = torch.tensor([a, 1 - a, b, 1 - b], dtype=torch.float32) * 0.3
    return (torch.rand(STEPS, 4, generator=generator) < rates).float()


def forward(layers, given):
    first, hidden, second, out = layers
    u, v = hidden.init_leaky(), out.init_leaky()
    spikes = ([], [])
    for step in range(given.shape[0]):
        z, u = hidden(first(given[step]), u)
        y, v = out(second(z), v)
        spikes[0].append(z)
        spikes[1].append(y)
    return torch.stack(spikes[0]), torch.stack(spikes[1])


def main():
    torch.manual_seed(3)
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(11)
    layers = [
        torch.nn.Linear(4, 12, bias=False), leaky(12),
        torch.nn.Linear(12, 2, bias=False), leaky(2),
    ]  # fmt: skip
    cases = [(a, b) for a in (0, 1) for b in (0, 1)]
    weights = [p for layer in (layers[0], layers[2]) for p in layer.parameters()]
    optimiser = torch.optim.Adam(weights, lr=0.02)
    for _ in range(120):
        given = torch.stack([trains(a, b, generator) for a, b in cases for _ in range(8)], dim=1)
        wanted = torch.tensor([a ^ b for a, b in cases for _ in range(8)])
        _, out = forward(layers, given)
        loss = torch.nn.functional.cross_entropy(out.sum(0) / 10, wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    given = torch.stack([trains(a, b, generator) for a, b in cases for _ in range(10)], dim=1)
    with torch.no_grad():
        hidden, out = forward(layers, given)
    wanted = torch.tensor([a ^ b for a, b in cases for _ in range(10)])
    right = (out.sum(0).argmax(1) == wanted).float().mean()
    print(f"loss {loss.item():.3f}, {right:.0%} of 40 right")
    net = torch.nn.Sequential(
        layers[0], leaky(12, init_hidden=True), layers[2],
        leaky(2, init_hidden=True, output=True),
    )  # fmt: skip
    made = export_to_nir(net, torch.zeros(1, 4), ignore_dims=[0])
    nir.write(str(HERE / "xor_snntorch.nir"), made)
    np.savez_compressed(
        HERE / "xor_snntorch.npz", input=given.numpy().astype(bool),
        hidden=hidden.numpy().astype(bool), out=out.numpy().astype(bool),
        wanted=wanted.numpy(),
    )  # fmt: skip


def convolutional():
    """A net of convolution, pooling and a dense layer; its weights are random, not trained."""
    torch.manual_seed(5)
    layers = [
        torch.nn.Conv2d(2, 4, 3, padding=1, bias=False), leaky(4, 8, 8, init_hidden=True),
        torch.nn.AvgPool2d(2),
        torch.nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2, bias=False),
        leaky(6, 2, 2, init_hidden=True), torch.nn.Flatten(),
        torch.nn.Linear(24, 3, bias=False), leaky(3, init_hidden=True, output=True),
    ]  # fmt: skip
    with torch.no_grad():
        for k, gain in ((0, 3.0), (3, 6.0), (6, 4.0)):
            layers[k].weight.mul_(gain)
    given = (torch.rand(60, 1, 2, 8, 8) < 0.15).float()
    kept = {"input": given}
    with torch.no_grad():
        for layer in layers:
            if isinstance(layer, snn.Leaky):
                layer.reset_hidden()
        rows = []
        for x in given:
            row = []
            for layer in layers:
                x = layer(x)
                x = x[0] if isinstance(x, tuple) else x
                if isinstance(layer, snn.Leaky):
                    row.append(x)
            rows.append(row)
    for k, name in enumerate(("first", "second", "third")):
        kept[name] = torch.stack([row[k] for row in rows])
    print({name: int(x.sum()) for name, x in kept.items()})
    made = export_to_nir(torch.nn.Sequential(*layers), torch.zeros(1, 2, 8, 8), ignore_dims=[0])
    nir.write(str(HERE / "conv_snntorch.nir"), made)
    np.savez_compressed(
        HERE / "conv_snntorch.npz", **{n: x[:, 0].numpy().astype(bool) for n, x in kept.items()}
    )


if __name__ == "__main__":
    main()
    convolutional()
