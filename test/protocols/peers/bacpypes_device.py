"""A BACnet/IP device of the library bacpypes: an analog input, a binary value that counts up, and a list of values."""

import sys

from bacpypes.app import BIPSimpleApplication
from bacpypes.core import deferred, run
from bacpypes.local.device import LocalDeviceObject
from bacpypes.object import AnalogInputObject, AnalogValueObject, BinaryValueObject, MultiStateValueObject
from bacpypes.service.cov import ChangeOfValueServices
from bacpypes.service.object import ReadWritePropertyMultipleServices
from bacpypes.task import RecurringTask


class Application(BIPSimpleApplication, ReadWritePropertyMultipleServices, ChangeOfValueServices):
    pass


class Turning(RecurringTask):
    """Turns the contact round every half second."""

    def __init__(self, contact):
        super().__init__(500)
        self.contact = contact
        self.install_task()

    def process_task(self):
        self.contact.presentValue = "active" if self.contact.presentValue == "inactive" else "inactive"


flags = [0, 0, 0, 0]
device = LocalDeviceObject(
    objectName="Peer",
    objectIdentifier=("device", 599),
    maxApduLengthAccepted=480,
    segmentationSupported="segmentedBoth",
    vendorIdentifier=15,
)
application = Application(device, "127.0.0.1/32:" + sys.argv[1])
application.add_object(
    AnalogInputObject(
        objectIdentifier=("analogInput", 1),
        objectName="Room",
        presentValue=21.25,
        statusFlags=flags,
        units="degreesCelsius",
        outOfService=False,
        covIncrement=0.1,
    )
)
application.add_object(
    AnalogInputObject(
        objectIdentifier=("analogInput", 2),
        objectName="Held by hand",
        presentValue=4.0,
        statusFlags=[0, 0, 0, 1],
        units="degreesCelsius",
        outOfService=True,
    )
)
contact = BinaryValueObject(objectIdentifier=("binaryValue", 1), objectName="Door", presentValue="inactive", statusFlags=flags)
application.add_object(contact)
application.add_object(
    MultiStateValueObject(objectIdentifier=("multiStateValue", 1), objectName="Mode", presentValue=3, numberOfStates=4, statusFlags=flags)
)
for number in range(1, 61):
    application.add_object(
        AnalogValueObject(objectIdentifier=("analogValue", number), objectName="Value %d" % number, presentValue=number / 4, statusFlags=flags)
    )
turning = Turning(contact)
deferred(lambda: print("listening", flush=True))
run()
