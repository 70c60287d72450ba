"""Runs the cases of the files that it is given against the Synod behind NATS_URL, over a bare socket."""

import base64, itertools, json, os, random, socket, sys, time


class Nats:
    """As much of the NATS protocol as a request takes: https://docs.nats.io/reference/reference-protocols."""

    def __init__(self, address, timeout):
        self.socket = socket.create_connection(address, timeout)
        self.stream = self.socket.makefile("rb")
        self.requests = 0
        self.stream.readline()  # INFO: what the server is
        options = {"verbose": False, "headers": True, "no_responders": True}
        self.send(b"CONNECT " + json.dumps(options).encode())

    def send(self, *lines):
        self.socket.sendall(b"".join(line + b"\r\n" for line in lines))

    def request(self, subject, body=b"", headers={}):
        """The headers and the body of the reply; (None, b"") when nobody listens."""
        self.requests += 1
        inbox = f"_INBOX.{os.getpid()}-{time.time_ns()}"
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"NATS/1.0\r\n{head}\r\n".encode()
        self.send(
            f"SUB {inbox} {self.requests}".encode(),
            f"UNSUB {self.requests} 1".encode(),
            f"HPUB {subject} {inbox} {len(head)} {len(head) + len(body)}".encode(),
            head + body,
        )
        return self.reply()

    def reply(self):
        while True:
            word, *fields = self.stream.readline().decode().split()
            if word == "PING":
                self.send(b"PONG")
            elif word in ("MSG", "HMSG"):
                payload = self.stream.read(int(fields[-1]) + 2)[:-2]
                head = int(fields[-2]) if word == "HMSG" else 0
                status, *lines = payload[:head].decode().split("\r\n")
                if status.startswith("NATS/1.0 503"):
                    return None, b""
                return dict(line.split(": ", 1) for line in lines if line), payload[head:]
            elif word == "-ERR":
                raise ConnectionError(" ".join(fields))


def count(nats, key, id):
    """Adds 1, once: a retry with the same id gets the first answer."""
    body = {"change": "add", "args": [1], "id": id, "timeoutMs": 2000}
    headers, reply = nats.request(f"synod.variable.change.{key}", json.dumps(body).encode())
    if headers is None:
        raise ConnectionError("no proposer listens")
    if "Nats-Service-Error-Code" in headers:
        raise RuntimeError(headers["Nats-Service-Error-Code"] + " " + headers["Nats-Service-Error"])
    return json.loads(reply)["value"]


def ask(nats, subject, **fields):
    """The number of the error, None for none, and the body of the reply."""
    headers, reply = nats.request(subject, json.dumps(fields).encode())
    if headers is None:
        raise ConnectionError("no proposer listens")
    return headers.get("Nats-Service-Error-Code"), json.loads(reply)


def acquire(nats, key, owner, session):
    """Waits for the lock of this key, for 10 s at a time. Returns the token and until when it is held by our own clock."""
    for attempt in itertools.count(1):
        asked = time.monotonic()
        # Each attempt has an id of its own; only a repetition of one, after silence, has that one's.
        number, reply = ask(nats, f"synod.lock.acquire.{key}", owner=owner, ttlMs=10_000, id=f"~{session}.{base36(attempt)}")
        if number is None:
            return reply["token"], asked + 10
        if reply["error"]["code"] != "conflict":
            raise RuntimeError(reply["error"]["message"])
        time.sleep(random.uniform(0.5, 1.5))  # reply["owner"] has it; synod.events.KEY tells when that changes


class Store:
    """Whatever the lock protects: it refuses who held the lock before somebody whom it has heard of."""

    def __init__(self):
        self.token = 0

    def write(self, value, token):
        if token < self.token:
            raise PermissionError(f"token {token} is older than {self.token}")
        self.token, self.value = token, value


def base36(number):
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    return (base36(number // 36) if number >= 36 else "") + digits[number % 36]


def fences(nats, key, run):
    """Whether the store refuses an owner who goes on when another has the lock."""
    store = Store()
    late, _ = acquire(nats, key, "late", f"{run}a")
    ask(nats, f"synod.lock.release.{key}", token=late)
    token, _ = acquire(nats, key, "next", f"{run}b")
    store.write("next", token)
    try:
        store.write("late", late)
    except PermissionError:
        return store.value == "next"
    return False


def body_of(case, run):
    if "bodyBase64" in case:
        return base64.b64decode(case["bodyBase64"])
    if "valueLetters" in case:
        return json.dumps({"value": "x" * case["valueLetters"]}).encode()
    body = case.get("body", "")
    return (body if isinstance(body, str) else json.dumps(body)).replace("RUN", run).encode()


def difference(case, headers, body):
    """What is not as the case expects; None when all is."""
    if headers is None or case.get("noResponders"):
        return None if headers is None and case.get("noResponders") else "whether anybody listens"
    if headers.get("Nats-Service-Error-Code") != case.get("number"):
        return f"Nats-Service-Error-Code is {headers.get('Nats-Service-Error-Code')}"
    if "replyBase64" in case:
        return None if body == base64.b64decode(case["replyBase64"]) else f"the reply is {body}"
    reply = json.loads(body)
    message = reply.get("error", {}).pop("message", None)
    for each in reply.get("replies", []):
        each.get("error", {}).pop("message", None)
    if message != headers.get("Nats-Service-Error"):
        return f"Nats-Service-Error is {headers.get('Nats-Service-Error')}, not {message}"
    return None if reply == case["reply"] else f"the reply is {json.dumps(reply)}"


def main(files):
    host, port = os.environ.get("NATS_URL", "nats://127.0.0.1:4222").split("://")[1].split(":")
    nats = Nats((host, int(port)), timeout=10)
    run = f"python-{time.time_ns()}"
    failed = 0
    if [count(nats, f"conformance.{run}.count", f"~{run}.{n}") for n in (1, 2, 2)] != [1, 2, 2]:
        sys.exit("counting is wrong")
    if not fences(nats, f"conformance.{run}.fence", run[-20:]):
        sys.exit("the token of a lock is wrong")
    for file in files:
        for number, case in enumerate(json.load(open(file, encoding="utf-8")), 1):
            subject = case["subject"].replace("RUN", run)
            what = difference(case, *nats.request(subject, body_of(case, run), case.get("headers", {})))
            if what is not None:
                print(f"{file}, case {number}, {subject}: {what}")
                failed += 1
    sys.exit(1 if failed else 0)


main(sys.argv[1:])
