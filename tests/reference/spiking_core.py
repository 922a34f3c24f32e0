"""The spiking core in plain Python with unbounded integers, written from the header of its RTL.

Nothing of the package is imported: words, memories, Philox and the clock count stand here again.
"""

M32 = 0xFFFFFFFF


def philox(counter0, counter1, key):
    """First word of Philox2x32-10 (Salmon et al. 2011)."""
    x, y = counter0 & M32, counter1 & M32
    for _ in range(10):
        product = 0xD256D193 * x
        x, y = (product // 2**32) ^ key ^ y, product % 2**32
        key = (key + 0x9E3779B9) % 2**32
    return x


def twos(value, bits):
    """Low bits of value as two's complement."""
    value %= 2**bits
    return value - 2**bits if value >= 2 ** (bits - 1) else value


class Core:
    """Memories as dictionaries of raw words; one packet at a time."""

    def __init__(self, *, bits, guard, decay_bits, sum_bits, lanes, units, stochastic, rows, slots,
                 burst=False):  # fmt: skip
        self.bits, self.guard, self.decay_bits, self.sum_bits = bits, guard, decay_bits, sum_bits
        self.lanes, self.units, self.stochastic = lanes, units, stochastic
        self.rows, self.slots = rows, slots
        self.memory = [{} for _ in range(32)]
        self.v, self.left, self.ring, self.wait = {}, {}, {}, {}
        self.burst, self.handed = burst, {}
        self.step = self.slot = 0
        self.cycles = self.events = self.skipped = self.spikes = 0
        self.unsettled = False
        self.out = []

    def packet(self, words):
        self.out = []
        at, drains = 0, False
        while at < len(words):
            head = words[at]
            at += 1
            self.cycles += 1
            kind, low = head // 2**30, head % 2**30
            drains = kind < 2
            if kind == 0:
                self._send(low)
            elif kind == 1:
                for _ in range(low):
                    self._settle()
                    self._run_step()
            elif kind == 2:
                self._settle()
                count = words[at]
                self.cycles += 1 + count
                for i in range(count):
                    self._store(low // 2**25, low % 2**25 + i, words[at + 1 + i])
                at += 1 + count
            elif head & 2**29:
                self._settle()
                self._dump(head // 2**27 % 4, head % 2**25)
            else:
                self._settle()
                self.cycles += self.slots * (self.units // self.lanes)
                self.step = self.slot = 0
                self.left, self.ring, self.wait = {}, {}, {}
                self.v = {i: self._unit(5, i) for i in range(self.units)}
        if drains:
            self._settle()
        self.cycles += 1
        self.out.append(3 * 2**30 + self.step % 2**30)
        return self.out

    def _unit(self, memory, i):
        return twos(self.memory[memory].get(i, 0), self.bits) * 2**self.guard

    def _store(self, memory, at, data):
        state = self.bits + self.guard
        if memory == 7:
            self.v[at] = twos(data, state)
        elif memory == 8:
            self.left[at] = data % 2**16
        elif memory == 9:
            self.ring[at // self.units, at % self.units] = twos(data, self.sum_bits)
        elif memory == 20:
            self.step = data
        elif memory == 23:
            self.wait[at] = data
        else:
            self.memory[memory][at] = data

    def _settle(self):
        self.cycles += 1
        if self.unsettled:
            self.cycles += 14 if self.stochastic else 4
        self.unsettled = False

    def _dump(self, which, count):
        self.cycles += 1 + 2 * count
        self.out.append(2 * 2**30 + count)
        for i in range(count):
            value = (
                self.v.get(i, 0) if which == 0 else self.left.get(i, 0) if which == 1
                else self.wait.get(i, 0) if which == 3
                else self.ring.get((i // self.units, i % self.units), 0)
            )  # fmt: skip
            self.out.append(value % 2**32)

    def _send(self, row):
        self.cycles += 2
        entry = self.memory[16][row]
        if entry >= 2**31:
            return
        segment, last = entry, False
        while not last:
            first, groups = self.memory[17][segment], self.memory[18][segment]
            last, groups = groups >= 2**31, groups % 2**31
            self.cycles += 1 + groups
            self.unsettled = True
            for place in range(first * self.lanes, (first + groups) * self.lanes):
                self._synapse(place, self.memory[19][segment])
            segment += 1

    def _synapse(self, place, key):
        target = self.memory[11].get(place, 0)
        if target < 2**31:
            return
        delay, row = target // 2**16 % 2**14, target % 2**16
        if target & 2**30:
            draw = philox(self.memory[13][place], self.step + delay, key)
            if draw >= self.memory[12][place]:
                self.skipped += 1
                return
        self.events += 1
        where = ((self.slot + delay) % self.slots, row * self.lanes + place % self.lanes)
        weight = twos(self.memory[10][place], self.bits)
        self.ring[where] = twos(self.ring.get(where, 0) + weight, self.sum_bits)

    def _fit(self, value):
        edge = 2 ** (self.bits + self.guard - 1)
        return min(max(value, -edge), edge - 1)

    def _update(self, i):
        v, left = self.v.get(i, 0), self.left.get(i, 0)
        flag, decay = self.memory[3].get(i, 0), self.memory[4].get(i, 0)
        subtract, refractory = flag // 2**16 % 2 == 1, flag % 2**16
        wait = max(left - 1, 0)
        if wait == 0:
            leak = self._unit(1, i)
            drive = twos(self.memory[6].get(i, 0), self.bits + self.guard)
            one = 2**self.decay_bits
            v = self._fit(leak + ((v - leak) * decay + one // 2) // one + drive)
        fires = wait == 0 and v > self._level(i, flag)
        left = refractory if fires else wait
        if flag // 2**17 % 2:  # a dendrite: leaks, hands on, receives; never fires
            leak, one = self._unit(1, i), 2**self.decay_bits
            drive = twos(self.memory[6].get(i, 0), self.bits + self.guard)
            v = self._fit(leak + ((self.v[i] - leak) * decay + one // 2) // one + drive)
            self.handed[i % self.lanes] = v
            fires, left = False, 0
        if left == 0:
            v = self._fit(v + self.ring.get((self.slot, i), 0) * 2**self.guard)
        if fires:
            v = self._fit(v - self._unit(2, i)) if subtract else self._unit(2, i)
        self.v[i], self.left[i] = v, left
        self.ring[self.slot, i] = 0
        return self._second(i, fires) if flag // 2**18 % 2 else fires

    def _level(self, i, flag):
        """The threshold; of a soma under context lower, down to its floor."""
        if not flag // 2**19 % 2:
            return self._unit(0, i)
        dendrite = i - self.lanes
        gain = twos(self.memory[21].get(dendrite, 0), 25)
        context = self.handed[i % self.lanes] - self._unit(0, dendrite)
        return max(self._unit(2, dendrite), self._unit(0, i) - (context * gain + 2**15) // 2**16)

    def _second(self, soma, event):
        """Count down to a second spike; at an event, draw whether and when there is one."""
        again = self.wait.get(soma, 0) == 1
        self.wait[soma] = max(self.wait.get(soma, 0) - 1, 0)
        dendrite, state = soma - self.lanes, self.bits + self.guard
        if event:
            away = self.handed[soma % self.lanes] - self._unit(0, dendrite)
            k = 512 + (away * self.memory[21][dendrite] + 2**state // 2) // 2**state
            limit = self.memory[24][min(max(k, 0), 1023)]
            number, key = self.memory[22][soma], self.memory[22][dendrite]
            if philox(number, self.step, key) < limit:
                timing = self.memory[21][soma]
                part = philox(number, self.step, key ^ 1)
                self.wait[soma] = timing % 2**16 + part * (timing // 2**16) // 2**32
        return event or again

    def _run_step(self):
        fired = [i for i in range(self.rows * self.lanes) if self._update(i)]
        tail = 16 if self.burst else 6
        self.cycles += self.rows + tail + 2 * len({i // self.lanes for i in fired}) + 1
        if fired:
            self.cycles += 1
            self.out.append(2**30 + self.step % 2**30)
        for i in fired:
            self.cycles += 1
            self.spikes += 1
            self.out.append(i)
            self._send(i)
        self.step = (self.step + 1) % 2**32
        self.slot = (self.slot + 1) % self.slots
