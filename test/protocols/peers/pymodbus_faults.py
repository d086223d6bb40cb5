"""A Modbus server by pymodbus with its own fault injection (`ReactiveServer.manipulate_response`), a fault for each unit.

1 normal, 2 error, 3 delayed, 4 empty (no answer), 5 stray (random bytes). The web page of that server is left out.
"""
import sys
import types

web = types.SimpleNamespace(Application=None, AppRunner=None, Request=None)
sys.modules.setdefault("aiohttp", types.SimpleNamespace(web=web))

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartTcpServer
from pymodbus.server.reactive.main import ReactiveServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

port = int(sys.argv[1])
framer = ModbusRtuFramer if sys.argv[2] == "rtu" else ModbusSocketFramer

faults = {
    1: {"response_type": "normal"},
    2: {"response_type": "error", "error_code": 4},
    3: {"response_type": "delayed", "delay_by": 0.4},
    4: {"response_type": "empty"},
    5: {"response_type": "stray", "data_len": 12},
}
injector = object.__new__(ReactiveServer)
injector._counter = 0


def manipulate(response):
    injector._manipulator_config = faults[response.unit_id]
    return injector.manipulate_response(response)


def unit(number):
    registers = [number * 1000 + address for address in range(100)]
    block = ModbusSequentialDataBlock(0, registers)
    return ModbusSlaveContext(hr=block, ir=block, zero_mode=True)


units = {number: unit(number) for number in faults}
StartTcpServer(
    context=ModbusServerContext(slaves=units, single=False),
    address=("127.0.0.1", port),
    framer=framer,
    response_manipulator=manipulate,
)
