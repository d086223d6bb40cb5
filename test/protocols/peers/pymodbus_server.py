"""A Modbus server by pymodbus, on the port and with the framing named on the command line.

Unit 1 holds what the tests expect; unit 2 has a hole at holding register 5.
"""
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server import StartTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

port = int(sys.argv[1])
framer = ModbusRtuFramer if sys.argv[2] == "rtu" else ModbusSocketFramer

holding = [0] * 400
holding[0] = 215
holding[1] = 0xFF33
holding[10:12] = [0x41AC, 0x0000]
holding[12:14] = [0x0000, 0x41AC]
holding[14:16] = [0xAC41, 0x0000]
holding[16:18] = [0x0000, 0xAC41]
holding[20] = 0x8000
holding[300] = 7
inputs = [0] * 100
inputs[0] = 42
coils = [0] * 100
coils[3] = 1
discrete = [0] * 100
discrete[9] = 1

units = {
    1: ModbusSlaveContext(
        di=ModbusSequentialDataBlock(0, discrete),
        co=ModbusSequentialDataBlock(0, coils),
        hr=ModbusSequentialDataBlock(0, holding),
        ir=ModbusSequentialDataBlock(0, inputs),
        zero_mode=True,
    ),
    2: ModbusSlaveContext(
        di=ModbusSequentialDataBlock(0, discrete),
        co=ModbusSequentialDataBlock(0, coils),
        hr=ModbusSparseDataBlock({**{i: i + 100 for i in range(5)}, **{i: i + 100 for i in range(6, 12)}}),
        ir=ModbusSequentialDataBlock(0, inputs),
        zero_mode=True,
    ),
}
StartTcpServer(context=ModbusServerContext(slaves=units, single=False), address=("127.0.0.1", port), framer=framer)
