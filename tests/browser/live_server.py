"""The application behind a real socket, in a thread of the test run."""

import socket
import threading
from typing import Self

import uvicorn
from fastapi import FastAPI


class LiveServer:
    """A running server; `stop` ends it, and so does leaving the `with` block.

    Attributes:
        port: where it listens on 127.0.0.1.
        url: its address without a slash at the end.
    """

    def __init__(self, application: FastAPI, *, port: int = 0, root_path: str = "") -> None:
        # The socket is ours before the server is up, so that no other program can take the port in between.
        listener = socket.create_server(("127.0.0.1", port))
        self.port: int = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server = _Server(
            uvicorn.Config(
                application,
                ws="websockets-sansio",
                ws_per_message_deflate=False,
                root_path=root_path,
                log_level="warning",
                timeout_graceful_shutdown=3,
            )
        )
        self._thread = threading.Thread(target=self._run, args=(listener,), name=f"server on {self.port}", daemon=True)
        self._thread.start()
        self._server.start_is_over.wait(timeout=30)
        if not self._server.started:
            raise RuntimeError("the server did not start; what it said stands above")

    def _run(self, listener: socket.socket) -> None:
        try:
            with listener:
                self._server.run(sockets=[listener])
        finally:
            self._server.start_is_over.set()

    def stop(self) -> None:
        """Shut the server down as SIGTERM would, and wait until its port is free."""
        self._server.should_exit = True
        self._thread.join(timeout=10)
        if self._thread.is_alive():
            raise RuntimeError("the server did not stop within 10 s")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.start_is_over = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.start_is_over.set()
