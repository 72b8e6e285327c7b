"""Small documents of each agent, and the shared samples where they are present."""

import json
from pathlib import Path
from typing import Any

import pytest

from assets.inventory.model import Inventory
from assets.inventory.reading import read_inventory

SAMPLES = Path(__file__).resolve().parents[3] / ".." / "shared" / "samples" / "inventory"
DEVICE_ID = "pc-0042-2026-03-01-08-00-00"

FUSION = f"""<?xml version="1.0" encoding="UTF-8" ?>
<REQUEST>
  <CONTENT>
    <ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>site-7</KEYVALUE></ACCOUNTINFO>
    <BIOS><SSN>CZC1234567</SSN><SMANUFACTURER>HP</SMANUFACTURER><SMODEL>EliteDesk 800</SMODEL>
      <BDATE>02/28/2026</BDATE></BIOS>
    <CPUS><NAME>Core i5</NAME><SPEED>2800</SPEED><CORE>4</CORE><THREAD>8</THREAD></CPUS>
    <ENVS><KEY>SECRET_TOKEN</KEY><VAL>hunter2</VAL></ENVS>
    <HARDWARE><NAME>pc-0042</NAME><UUID>4C4C4544-0034-3010-8048-B6C04F503732</UUID><MEMORY>16000</MEMORY>
      <LASTLOGGEDUSER>kim</LASTLOGGEDUSER><WINPRODKEY>AAAAA-BBBBB</WINPRODKEY></HARDWARE>
    <LICENSEINFOS><NAME>Office</NAME><KEY>XXXXX-YYYYY</KEY></LICENSEINFOS>
    <NETWORKS><DESCRIPTION>eth0</DESCRIPTION><MACADDR>B8:6B:23:E0:5C:81</MACADDR><IPADDRESS>192.0.2.7</IPADDRESS>
      <SPEED>1000</SPEED><STATUS>Up</STATUS><VIRTUALDEV>0</VIRTUALDEV></NETWORKS>
    <NETWORKS><DESCRIPTION>eth0</DESCRIPTION><MACADDR>B8:6B:23:E0:5C:81</MACADDR><IPADDRESS6>fe80::1</IPADDRESS6></NETWORKS>
    <OPERATINGSYSTEM><NAME>Debian</NAME><FULL_NAME>Debian 12</FULL_NAME><BOOT_TIME>2026-03-02 07:00:00</BOOT_TIME>
      <FQDN>pc-0042.example.org</FQDN><TIMEZONE><NAME>CET</NAME><OFFSET>+0100</OFFSET></TIMEZONE></OPERATINGSYSTEM>
    <PROCESSES><CMD>vi secret-plan.txt</CMD><PID>1</PID></PROCESSES>
    <SOFTWARES><NAME>bash</NAME><VERSION>5.2</VERSION><INSTALLDATE>03/02/2026</INSTALLDATE></SOFTWARES>
    <VERSIONCLIENT>FusionInventory-Agent_v2.6-3</VERSIONCLIENT>
  </CONTENT>
  <DEVICEID>{DEVICE_ID}</DEVICEID>
  <QUERY>INVENTORY</QUERY>
</REQUEST>""".encode()

OCS = f"""<?xml version="1.0" encoding="ISO-8859-1"?>
<REQUEST>
  <CONTENT>
    <BIOS></BIOS>
    <CPUS><TYPE>Core i5</TYPE><CORES>4</CORES><LOGICAL_CPUS>8</LOGICAL_CPUS><CPUARCH>x86_64</CPUARCH></CPUS>
    <HARDWARE><NAME>pc-0042</NAME><OSNAME>Debian GNU/Linux 12</OSNAME><OSVERSION>12</OSVERSION>
      <DESCRIPTION>Büro Süd</DESCRIPTION></HARDWARE>
    <NETWORKS><DESCRIPTION>eth0</DESCRIPTION><MACADDR>b86b23e05c81</MACADDR><IPADDRESS>fe80::1</IPADDRESS>
      <SPEED>1 Gbps</SPEED></NETWORKS>
    <SOFTWARES><NAME>bash</NAME><ARCHITECTURE>amd64</ARCHITECTURE>
      <INSTALLDATE>2025/05/24 14:36:49</INSTALLDATE></SOFTWARES>
    <SOFTWARES><NAME>dash</NAME><INSTALLDATE>1970-00-01</INSTALLDATE></SOFTWARES>
    <STORAGES><NAME>vda</NAME><DISKSIZE>274877.906944</DISKSIZE></STORAGES>
  </CONTENT>
  <DEVICEID>{DEVICE_ID}</DEVICEID>
  <QUERY>INVENTORY</QUERY>
</REQUEST>""".encode("iso-8859-1")

SNMP_QUERY = b"""<?xml version="1.0" encoding="UTF-8"?>
<REQUEST><CONTENT>
  <DEVICE>
    <INFO><TYPE>NETWORKING</TYPE><NAME>sw-1</NAME><SERIAL>FOC1234X0AB</SERIAL><MANUFACTURER>Cisco</MANUFACTURER>
      <MODEL>C9300</MODEL><FIRMWARE>17.3</FIRMWARE><MAC>00:11:22:33:44:00</MAC><COMMENTS>core switch</COMMENTS>
      <IPS><IP>192.0.2.1</IP><IP>192.0.2.2</IP></IPS></INFO>
    <PORTS>
      <PORT><IFNUMBER>1</IFNUMBER><IFNAME>Gi1/0/1</IFNAME><IFSPEED>1000000000</IFSPEED><IFSTATUS>1</IFSTATUS>
        <VLANS><VLAN><NUMBER>10</NUMBER><NAME>office</NAME></VLAN></VLANS>
        <CONNECTIONS><CDP>1</CDP><CONNECTION><SYSNAME>sw-2</SYSNAME><IFDESCR>Gi1/0/48</IFDESCR><IP>192.0.2.9</IP>
          <SYSMAC>00:11:22:33:55:00</SYSMAC></CONNECTION></CONNECTIONS></PORT>
      <PORT><IFNUMBER>2</IFNUMBER><CONNECTIONS><CONNECTION><MAC>00:11:22:00:00:02</MAC><MAC>00:11:22:00:00:01</MAC>
        </CONNECTION></CONNECTIONS><AGGREGATE><PORT>3</PORT><PORT>4</PORT></AGGREGATE></PORT>
    </PORTS>
    <COMPONENTS><COMPONENT><INDEX>1</INDEX><CONTAINEDININDEX>0</CONTAINEDININDEX><SERIAL>FOC1234X0AB</SERIAL></COMPONENT></COMPONENTS>
    <PAGECOUNTERS><TOTAL>12</TOTAL></PAGECOUNTERS>
    <CARTRIDGES><TONERBLACK>80</TONERBLACK></CARTRIDGES>
  </DEVICE>
</CONTENT><DEVICEID>probe-1</DEVICEID><QUERY>SNMPQUERY</QUERY></REQUEST>"""


def glpi(*, partial: bool = False, **content: Any) -> bytes:
    """A GLPI agent's inventory with the given sections and the two that are always there."""
    always: dict[str, object] = {
        "bios": {"ssn": "CZC1234567", "smanufacturer": "HP"},
        "hardware": {"name": "pc-0042", "uuid": "4c4c4544-0034-3010-8048-b6c04f503732"},
        "versionclient": "GLPI-Agent_v1.12",
    }
    root = {"action": "inventory", "deviceid": DEVICE_ID, "itemtype": "Computer", "content": always | content}
    return json.dumps(root | ({"partial": True} if partial else {})).encode()


def read_glpi(*, partial: bool = False, **content: Any) -> Inventory:
    """The canonical inventory of such a document."""
    return read_inventory(glpi(partial=partial, **content)).inventory


def sample(name: str) -> bytes:
    """The bytes of a shared sample; skips the test where the samples are not beside the checkout."""
    path = SAMPLES / name
    if not path.is_file():
        pytest.skip(f"shared sample {name} is not beside the checkout")
    return path.read_bytes()
