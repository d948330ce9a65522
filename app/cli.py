"""The command `chalkgrad`: start the server, say where it is, and open the browser."""

from __future__ import annotations

import argparse
import errno
import gc
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence
from typing import Final

import uvicorn

from app.prefix import is_prefix
from app.settings import Settings, SettingsError

PORTS_TRIED: Final = 20
_EVERYWHERE: Final = ("0.0.0.0", "::")


class Server(uvicorn.Server):
    """A server that calls back when it is ready for visitors."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server until it is interrupted.

    Returns:
        0, or 1 when it could not be started.
    """
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        print(f"chalkgrad: {error}", file=sys.stderr)
        return 1
    options = _parser(settings).parse_args(arguments)
    try:
        listener = listen(options.host, options.port or settings.port, exactly=options.port is not None)
    except OSError as error:
        print(f"chalkgrad: {_why_not(error, options.host, options.port)}", file=sys.stderr)
        return 1

    # Read when NumPy is first imported, which uvicorn does below: for matrices of our size a second thread costs more
    # than it brings, and the time of a step would depend on who else is at work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # The application is made by uvicorn, from the environment. Uvicorn has a setting of its own for the prefix, but then
    # a proxy must take the prefix off.
    os.environ["CHALKGRAD_ROOT_PATH"] = options.root_path
    config = uvicorn.Config(
        "app.main:create_app",
        factory=True,
        log_level="warning",
        ws="websockets-sansio",
        # A frame would be packed again for each viewer.
        ws_per_message_deflate=False,
        ws_max_size=settings.max_document_bytes,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        timeout_graceful_shutdown=3,
    )
    port = listener.getsockname()[1]

    def on_ready() -> None:
        # What is here now stays: to look through it again and again for garbage would only make somebody wait.
        gc.collect()
        gc.freeze()
        for line in addresses(options.host, port):
            print(line, flush=True)
        if options.browser:
            # A browser in the terminal would not return before it is left.
            threading.Thread(target=webbrowser.open, args=(address(options.host, port),), daemon=True).start()

    server = Server(config, on_ready)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    return 0 if server.started else 1


def listen(host: str, port: int, *, exactly: bool) -> socket.socket:
    """A socket that listens.

    Args:
        host: the name or number of the address.
        port: the port; 0 takes any.
        exactly: whether another port will not do. Else the next free one is taken.

    Raises:
        OSError: there is no such address, or no free port.
    """
    tried = range(port, port + 1 if exactly or port == 0 else min(port + PORTS_TRIED, 65_536))
    for candidate in tried:
        family, kind, protocol, _, place = socket.getaddrinfo(host, candidate, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        if os.name != "nt":
            # On Windows this would let two servers share a port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(place)
            listener.listen(2048)
        except OSError as error:
            listener.close()
            if error.errno != errno.EADDRINUSE or candidate == tried[-1]:
                raise
        else:
            return listener
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def address(host: str, port: int) -> str:
    """The address for a browser on this machine."""
    shown = "127.0.0.1" if host in _EVERYWHERE else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/"


def addresses(host: str, port: int) -> list[str]:
    """What is printed when the server is ready."""
    lines = [f"chalkgrad is at {address(host, port)}"]
    if host in _EVERYWHERE and (own := own_address()):
        lines.append(f"for others in this network at http://{own}:{port}/")
    return [*lines, "Ctrl+C ends it."]


def own_address() -> str | None:
    """The address of this machine in its network; None when it is in none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: this only asks which way it would go.
            probe.connect(("10.255.255.255", 1))
            own: str = probe.getsockname()[0]
        except OSError:
            return None
    return own


def _parser(settings: Settings) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chalkgrad", description="Walk through backpropagation, one multiplication at a time, in the browser."
    )
    parser.add_argument(
        "--host", default=settings.host, help="the address to listen on; 0.0.0.0 for a class (default: %(default)s)"
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=None,
        help=f"the port to listen on (default: {settings.port}, or the next free one)",
    )
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="do not open a browser")
    parser.add_argument(
        "--root-path",
        type=_prefix,
        default=settings.root_path,
        metavar="PATH",
        help="the prefix under which a proxy shows it, e.g. /user/x/proxy/8000",
    )
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; allowed: 0 to 65535")
    return int(text)


def _prefix(text: str) -> str:
    if text and not is_prefix(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no prefix; allowed: a path such as /user/x/proxy/8000")
    return text


def _why_not(error: OSError, host: str, port: int | None) -> str:
    if error.errno == errno.EADDRINUSE:
        if port is None:
            return f"the default port and the {PORTS_TRIED - 1} after it are taken; choose another with --port"
        return f"port {port} is taken by another program; choose another with --port, or leave it out"
    if error.errno == errno.EACCES:
        return f"port {port} needs special rights; choose one above 1023"
    return f"cannot listen on {host}: {error.strerror or error}"
