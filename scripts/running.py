"""What `xquad`, `bench` and `instructions` share: a project in a temporary folder, a running server, and what the kernel says of it.

Python's standard library only.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TICK = 1.0 / os.sysconf("SC_CLK_TCK")


def target_folder():
    """Where cargo puts what it builds."""
    return os.environ.get("CARGO_TARGET_DIR") or os.path.join(ROOT, "target")


def on_core(core, line):
    """The command line, held to one core."""
    return line if core is None else ["taskset", "-c", str(core), *line]


def shipway_binary():
    """`$SHIPWAY`, else the release build of this workspace."""
    path = os.environ.get("SHIPWAY") or os.path.join(target_folder(), "release", "shipway")
    found = shutil.which(path)
    if not found:
        raise SystemExit(f"there is no {path}: run `cargo build --release --locked`, or set SHIPWAY to the binary")
    return os.path.abspath(found)


def temporary_folder(prefix):
    """Below `$TMPDIR`: the disk that holds it is the disk that is measured."""
    return tempfile.TemporaryDirectory(prefix=f"shipway-{prefix}-")


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def command(binary, project, *arguments, limit=300):
    """Runs one command of Shipway to its end; gives its JSON when it was asked for with `--json`."""
    line = [binary, "--project", project, *arguments]
    done = subprocess.run(line, capture_output=True, text=True, timeout=limit)
    if done.returncode != 0:
        raise SystemExit(f"`shipway {' '.join(arguments)}` failed ({done.returncode}):\n{done.stdout}\n{done.stderr}")
    return json.loads(done.stdout) if "--json" in arguments else done.stdout


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_for(port):
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise SystemExit(f"nothing listens on port {port}")


def cpu_seconds(pids):
    """User and system time of these processes, all threads, in clock ticks of usually 10 ms."""
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks * TICK


def memory_mib(pid):
    """Resident and proportional set size in MiB."""
    sizes = {}
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            name, _, rest = line.partition(":")
            if name in ("Rss", "Pss"):
                sizes[name] = int(rest.split()[0]) / 1024
    return sizes["Rss"], sizes["Pss"]


def load():
    return os.getloadavg()[0]


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


class Server:
    """`shipway serve` on a free loopback port, stopped (with a drain) at the end of a `with` block. `under` is a command
    line to run it with, a profiler's for instance."""

    def __init__(self, binary, project, patience=60, core=None, under=()):
        begun = time.monotonic()
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            on_core(core, [*under, binary, "--project", project, "--json", "serve", "--listen", "127.0.0.1:0"]),
            stdout=subprocess.PIPE,
            stderr=self.log,
        )
        line = self.process.stdout.readline()
        if not line:
            self.stop()
            raise SystemExit(f"shipway serve did not start:\n{self.said()}")
        self.announced = json.loads(line)
        host, _, port = self.announced["address"].rpartition(":")
        self.host, self.port = host, int(port)
        while not self.ready():
            if time.monotonic() - begun > patience:
                self.stop()
                raise SystemExit(f"shipway serve was not ready within {patience} s:\n{self.said()}")
            time.sleep(0.001)
        self.seconds_to_ready = time.monotonic() - begun

    @property
    def pid(self):
        return self.process.pid

    def ready(self):
        try:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=5)
            connection.request("GET", "/readyz")
            ready = connection.getresponse().status == 200
            connection.close()
            return ready
        except OSError:
            return False

    def said(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-4000:]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Client:
    """One connection that is kept alive."""

    def __init__(self, host, port, key=None, timeout=60):
        self.headers = {"content-type": "application/json", **({"authorization": f"Bearer {key}"} if key else {})}
        self.connection = http.client.HTTPConnection(host, port, timeout=timeout)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, model, question):
        """Asks one question; gives the status, the headers, the body, and the seconds it took."""
        body = json.dumps({"model": model, "messages": [{"role": "user", "content": question}]})
        begun = time.perf_counter()
        self.connection.request("POST", "/v1/chat/completions", body, self.headers)
        response = self.connection.getresponse()
        text = response.read()
        return response.status, response.headers, text, time.perf_counter() - begun
