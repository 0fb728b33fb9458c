"""Asks and changes a name server with dnspython. Standard input: {"host", "port", "requests"}; output: one answer each.

{"ask": NAME, "type": TYPE, "tcp": BOOL}
{"transfer": ZONE}
{"update": ZONE, "key": {"keyName", "algorithm", "secret"}, "secondsOff": N,
 "present": [[NAME, TYPE, DATA?]], "absent": [[NAME, TYPE?]], "add": [[NAME, TTL, TYPE, DATA]], "delete": [[NAME, TYPE?, DATA?]]}
"""

import json
import sys
import time

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update
import dns.xfr
import dns.zone

given = json.load(sys.stdin)
server = {"where": given["host"], "port": given["port"], "timeout": 5}
clock = time.time


def ask(request):
    query = dns.message.make_query(request["ask"], request["type"])
    send = dns.query.tcp if request.get("tcp") else dns.query.udp
    answer = send(query, **server)
    records = [line for rrset in answer.answer for line in rrset.to_text().split("\n")]
    return {
        "rcode": dns.rcode.to_text(answer.rcode()),
        "authoritative": bool(answer.flags & dns.flags.AA),
        "records": sorted(records),
    }


def transfer(request):
    zone = dns.zone.Zone(request["transfer"])
    try:
        dns.query.inbound_xfr(txn_manager=zone, **server)
    except dns.xfr.TransferError as error:
        return {"rcode": dns.rcode.to_text(error.rcode)}
    return {"rcode": "NOERROR"}


def update(request):
    key = request.get("key")
    signed = {}
    if key:
        ring = dns.tsigkeyring.from_text({key["keyName"]: key["secret"]})
        signed = {"keyring": ring, "keyname": key["keyName"], "keyalgorithm": key["algorithm"]}
    message = dns.update.UpdateMessage(request["update"], **signed)
    for name in ("present", "absent", "add", "delete"):
        for words in request.get(name, []):
            getattr(message, name)(*words)
    time.time = lambda: clock() + request.get("secondsOff", 0)
    try:
        answer = dns.query.tcp(message, **server)
    except Exception as error:  # The name of what dnspython makes of a refused or broken signature.
        return {"error": type(error).__name__}
    finally:
        time.time = clock
    return {"rcode": dns.rcode.to_text(answer.rcode()), "signed": answer.had_tsig}


def run(request):
    if "ask" in request:
        return ask(request)
    return transfer(request) if "transfer" in request else update(request)


json.dump([run(request) for request in given["requests"]], sys.stdout)
