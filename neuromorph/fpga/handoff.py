"""A minimal hardware hand-off (.hwh) of our block design: processing system, DMA and a core.

Vivado writes the real one beside a bitstream; this one serves the simulated device. It holds what
pynq reads: processing system, DMA with its parameters, the core with its registers, addresses.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as Tree

CORE_BASE, DMA_BASE = 0xA0000000, 0xA0010000
VENDOR = "neuromorph.dev:user"
DMA_PARAMETERS = {
    "c_include_sg": "0", "c_sg_length_width": "23", "c_micro_dma": "0", "c_include_mm2s": "1",
    "c_include_s2mm": "1", "c_include_mm2s_dre": "0", "c_include_s2mm_dre": "0",
    "c_m_axi_mm2s_data_width": "32", "c_m_axi_s2mm_data_width": "32",
}  # fmt: skip


def handoff(
    register_map: dict[str, Any], *, top: str, clock_mhz: float = 100.0, length_bits: int = 23
) -> str:
    """Return the text of the .hwh of a design with one core of module ``top``.

    Its DMA moves at most ``2**length_bits - 1`` bytes at once.
    """
    root = Tree.Element("EDKSYSTEM", {"EDWVERSION": "1.2", "TIMESTAMP": ""})
    Tree.SubElement(root, "SYSTEMINFO", {
        "ARCH": "zynquplus", "NAME": "neuromorph", "DEVICE": "xczu7ev", "PACKAGE": "ffvc1156",
        "SPEEDGRADE": "-2",
    })  # fmt: skip
    Tree.SubElement(root, "EXTERNALPORTS")
    Tree.SubElement(root, "EXTERNALINTERFACES")
    modules = Tree.SubElement(root, "MODULES")
    _processing_system(modules, top, clock_mhz)
    chosen = DMA_PARAMETERS | {"c_sg_length_width": str(length_bits)}
    dma = _module(modules, "axi_dma_0", "axi_dma", "xilinx.com:ip:axi_dma:7.1", chosen)
    _interface(dma, "S_AXI_LITE", "SLAVE")
    core = _module(modules, "core_0", top, f"{VENDOR}:{top}:1.0", {})
    _interface(core, "s_axi", "SLAVE")
    _registers(core, register_map)
    return Tree.tostring(root, encoding="unicode")


def _module(
    modules: Tree.Element, name: str, kind: str, vlnv: str, parameters: dict[str, str]
) -> Tree.Element:
    module = Tree.SubElement(modules, "MODULE", {
        "FULLNAME": f"/{name}", "INSTANCE": name, "MODTYPE": kind, "VLNV": vlnv, "IPTYPE":
        "PERIPHERAL", "IS_PL": "TRUE", "IS_ENABLE": "1", "HWVERSION": vlnv.rsplit(":", 1)[1],
    })  # fmt: skip
    held = Tree.SubElement(module, "PARAMETERS")
    for key, value in parameters.items():
        Tree.SubElement(held, "PARAMETER", {"NAME": key, "VALUE": value})
    Tree.SubElement(module, "PORTS")
    Tree.SubElement(module, "BUSINTERFACES")
    return module


def _interface(module: Tree.Element, name: str, kind: str) -> None:
    found = module.find("BUSINTERFACES")
    if found is not None:
        Tree.SubElement(found, "BUSINTERFACE", {
            "NAME": name, "TYPE": kind, "VLNV": "xilinx.com:interface:aximm:1.0",
        })  # fmt: skip


def _processing_system(modules: Tree.Element, top: str, clock_mhz: float) -> None:
    parameters = {}
    for i in range(4):
        parameters[f"PSU__FPGA_PL{i}_ENABLE"] = str(int(i == 0))
        clock = f"PSU__CRL_APB__PL{i}_REF_CTRL__"
        parameters[f"{clock}DIVISOR0"] = "15"
        parameters[f"{clock}DIVISOR1"] = "1"
        parameters[f"{clock}SRCSEL"] = "IOPLL"
        parameters[f"{clock}ACT_FREQMHZ"] = f"{clock_mhz:.6f}"
    ps = _module(modules, "zynq_ultra_ps_e_0", "zynq_ultra_ps_e",
                 "xilinx.com:ip:zynq_ultra_ps_e:3.3", parameters)  # fmt: skip
    _interface(ps, "M_AXI_HPM0_FPD", "MASTER")
    memory = Tree.SubElement(ps, "MEMORYMAP")
    for name, interface, base in (
        ("axi_dma_0", "S_AXI_LITE", DMA_BASE), ("core_0", "s_axi", CORE_BASE)
    ):  # fmt: skip
        Tree.SubElement(memory, "MEMRANGE", {
            "ADDRESSBLOCK": "Reg", "BASENAME": "C_BASEADDR", "BASEVALUE": f"0x{base:08X}",
            "HIGHNAME": "C_HIGHADDR", "HIGHVALUE": f"0x{base + 0xFFFF:08X}", "INSTANCE": name,
            "IS_DATA": "TRUE", "IS_INSTRUCTION": "TRUE", "MEMTYPE": "REGISTER",
            "MASTERBUSINTERFACE": "M_AXI_HPM0_FPD", "SLAVEBUSINTERFACE": interface,
        })  # fmt: skip


def _registers(core: Tree.Element, register_map: dict[str, Any]) -> None:
    blocks = Tree.SubElement(core, "ADDRESSBLOCKS")
    block = Tree.SubElement(
        blocks, "ADDRESSBLOCK", {"ACCESS": "", "INTERFACE": "s_axi", "NAME": "Reg",
                                 "RANGE": "4096", "USAGE": "register"}
    )  # fmt: skip
    held = Tree.SubElement(block, "REGISTERS")
    for register in register_map["registers"]:
        for word in range(register.get("words", 1)):
            name = register["name"] + ("_HIGH" if word else "")
            element = Tree.SubElement(held, "REGISTER", {"NAME": name})
            access = "read-only" if register["access"] == "r" else "read-write"
            _property(element, "DESCRIPTION", register["text"])
            _property(element, "ADDRESS_OFFSET", hex(register["offset"] + 4 * word))
            _property(element, "SIZE", "32")
            _property(element, "ACCESS", access)
            _property(element, "IS_ENABLED", "true")
            fields = Tree.SubElement(element, "FIELDS")
            for field in register.get("fields", ()):
                part = Tree.SubElement(fields, "FIELD", {"NAME": field["name"]})
                _property(part, "DESCRIPTION", field["text"])
                _property(part, "BIT_OFFSET", str(field["low"]))
                _property(part, "BIT_WIDTH", str(field["high"] - field["low"] + 1))
                _property(part, "ACCESS", access)


def _property(element: Tree.Element, name: str, value: str) -> None:
    Tree.SubElement(element, "PROPERTY", {"NAME": name, "VALUE": value})
