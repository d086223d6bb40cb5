"""An RS-485 bus as it is found when somebody has wired it for the first time, behind a serial server that passes bytes through (RTU over TCP).

unit 1: a temperature and humidity transmitter that works: input registers 1 (21.5 °C × 10) and 2 (51.0 %RH × 10)
unit 2: the same with a bad cable: every second answer has a wrong checksum
unit 3: set to another speed than the serial server: what comes are bytes without any sense
unit 4: two devices with one address: what they say at once is neither of them
unit 5: set to 6 although somebody wrote 5 on it: it answers with its own address
unit 6: humidity first: input 1 (51.0 %RH × 10), 2 (22.4 °C × 10)
unit 7: counts by whole degrees: input 1 (25), 2 (51)
unit 8: a float with its words turned round (CDAB) at input 1: 21.5
Everybody else says nothing, as a whole bus does whose wires A and B are swapped.
"""

import socketserver
import struct
import sys

registers = {
    1: {1: 215, 2: 510},
    2: {1: 215, 2: 510},
    3: {1: 215, 2: 510},
    4: {1: 215, 2: 510},
    5: {1: 215, 2: 510},
    6: {1: 510, 2: 224},
    7: {1: 25, 2: 51},
    8: {1: 0x0000, 2: 0x41AC},
}


def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return struct.pack("<H", value)


def answer(unit, function, start, count):
    known = registers[unit]
    if function != 4 or any(start + offset not in known for offset in range(count)):
        body = bytes([unit, function | 0x80, 1 if function != 4 else 2])
    else:
        words = b"".join(struct.pack(">H", known[start + offset]) for offset in range(count))
        body = bytes([unit, function, len(words)]) + words
    return body + crc(body)


class Bus(socketserver.BaseRequestHandler):
    spoken = 0

    def handle(self):
        held = b""
        while True:
            heard = self.request.recv(256)
            if not heard:
                return
            held += heard
            while len(held) >= 8:
                frame, held = held[:8], held[8:]
                if crc(frame[:6]) != frame[6:]:
                    continue
                # Whatever is sent that is no reading is told: nothing may ever write here.
                print(frame[1], flush=True)
                unit, function, start, count = struct.unpack(">BBHH", frame[:6])
                if unit in registers:
                    self.request.sendall(self.spoilt(unit, answer(unit, function, start, count)))

    def spoilt(self, unit, frame):
        if unit == 2:
            Bus.spoken += 1
            return frame if Bus.spoken % 2 else frame[:-2] + bytes([frame[-2] ^ 0x55, frame[-1]])
        if unit == 3:
            return bytes((byte * 7 + 13) & 0xFF for byte in frame[: len(frame) - 1])
        if unit == 4:
            return bytes(a & b for a, b in zip(frame, frame[1:] + b"\x7f"))
        if unit == 5:
            body = bytes([6]) + frame[1:-2]
            return body + crc(body)
        return frame


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server(("127.0.0.1", int(sys.argv[1])), Bus).serve_forever()
