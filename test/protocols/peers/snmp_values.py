"""Serves the objects of a JSON file ({oid: [type, value]}) to snmpd's pass_persist. A SET would be written to a file beside it."""
import json
import sys

path = sys.argv[1]


def values():
    with open(path) as file:
        return {tuple(int(part) for part in oid.split(".")): said for oid, said in json.load(file).items()}


def parsed(text):
    return tuple(int(part) for part in text.strip().strip(".").split("."))


def tell(oid, said):
    print("." + ".".join(str(part) for part in oid), said[0], said[1], sep="\n", flush=True)


while line := sys.stdin.readline():
    word = line.strip()
    if word == "PING":
        print("PONG", flush=True)
    elif word == "get":
        oid = parsed(sys.stdin.readline())
        said = values().get(oid)
        tell(oid, said) if said else print("NONE", flush=True)
    elif word == "getnext":
        oid = parsed(sys.stdin.readline())
        later = sorted(each for each in values() if each > oid)
        tell(later[0], values()[later[0]]) if later else print("NONE", flush=True)
    elif word == "set":
        with open(path + ".set", "a") as file:
            file.write(sys.stdin.readline() + sys.stdin.readline())
        print("DONE", flush=True)
