"""Equipment as it stands on a school's RS-485 bus, served by pymodbus over TCP on the port named on the command line.

unit 1: XY-MD02, a temperature and humidity transmitter: input registers 1 (4.2 °C × 10) and 2 (51.0 %RH × 10)
unit 2: a controller that sends its temperature as a float with its words turned round (CDAB) at holding register 0: 4.1
unit 3: the clone whose humidity comes first: holding 0 (51.0 %RH × 10), 1 (4.4 °C × 10)
Nothing else is there: every other address is refused.
"""

import asyncio
import sys

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server import StartAsyncTcpServer

nothing = ModbusSparseDataBlock({60000: 0})


def unit(inputs=None, holdings=None):
    return ModbusSlaveContext(
        di=nothing,
        co=nothing,
        ir=ModbusSparseDataBlock(inputs) if inputs else nothing,
        hr=ModbusSparseDataBlock(holdings) if holdings else nothing,
        zero_mode=True,
    )


slaves = {
    1: unit(inputs={1: 42, 2: 510}),
    2: unit(holdings={0: 0x3333, 1: 0x4083}),
    3: unit(holdings={0: 510, 1: 44}),
}


async def serve():
    await StartAsyncTcpServer(
        context=ModbusServerContext(slaves=slaves, single=False),
        address=("127.0.0.1", int(sys.argv[1])),
        ignore_missing_slaves=True,
    )


asyncio.run(serve())
