"""A notebook that is executed without a front end, and the least of one, to show its widget in a browser."""

import asyncio
import base64
import contextlib
import os
import queue
import threading

VIEW = "application/vnd.jupyter.widget-view+json"

# What a notebook's front end is to a widget: anywidget's interface, over messages.
HOST = """async ([esm, css, state]) => {
  const listeners = new Map();
  const tell = (event, ...values) => [...(listeners.get(event) ?? [])].forEach((call) => call(...values));
  const values = { ...state };
  const changed = new Set();
  const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  const model = {
    get: (name) => values[name],
    set: (name, value) => {
      values[name] = value;
      changed.add(name);
      tell(`change:${name}`);
    },
    save_changes: () => {
      const state = Object.fromEntries([...changed].map((name) => [name, values[name]]));
      toKernel({ method: "update", state }, []);
      changed.clear();
    },
    on: (event, call) => listeners.set(event, (listeners.get(event) ?? new Set()).add(call)),
    off: (event, call) => listeners.get(event)?.delete(call),
    send: (content, callbacks, buffers = []) =>
      toKernel({ method: "custom", content }, buffers.map(base64)),
  };
  window.fromKernel = (data, texts) => {
    if (data.method === "update") {
      Object.assign(values, data.state);
      Object.keys(data.state).forEach((name) => tell(`change:${name}`));
    }
    if (data.method !== "custom") return; // the kernel echoes what it was told
    const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    tell("msg:custom", data.content, texts.map((text) => new DataView(bytes(text).buffer)));
  };
  document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  const { default: widget } = await import(url);
  window.end = await widget.render({ model, el: document.querySelector("#cell") });
}"""


class Notebook:
    """A notebook whose cells run in a kernel of their own, in a thread, until `close`."""

    def __init__(self, *cells):
        self.sent, self.asked, self.answers = queue.Queue(), queue.Queue(), queue.Queue()
        self.from_kernel = []
        self.model_id = self.state = None
        self.thread = threading.Thread(target=lambda: asyncio.run(self._run(cells)), daemon=True)
        self.thread.start()
        self._wait()

    def _wait(self):
        found = self.answers.get(timeout=120)
        if isinstance(found, BaseException):
            raise found
        return found

    async def _run(self, cells):
        import nbformat
        from nbclient import NotebookClient

        notebook = self

        class Client(NotebookClient):
            def handle_comm_msg(self, outs, msg, cell_index):
                super().handle_comm_msg(outs, msg, cell_index)
                notebook._take(msg)

        nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        client = Client(nb, timeout=100, kernel_name="python3", resources={"metadata": {"path": os.getcwd()}})
        try:
            async with client.async_setup_kernel():
                for i, cell in enumerate(nb.cells):
                    await client.async_execute_cell(cell, i)
                self._look(client, nb.cells)
                self.answers.put(None)
                await self._serve(client, nb)
        except BaseException as error:
            self.answers.put(error)

    async def _serve(self, client, nb):
        """Carry messages, and run further cells, until None is asked."""
        import nbformat

        while True:
            while not self.sent.empty():
                data, buffers = self.sent.get()
                message = client.kc.session.msg("comm_msg", {"comm_id": self.model_id, "data": data})
                message["buffers"] = buffers
                client.kc.shell_channel.send(message)
            with contextlib.suppress(queue.Empty):
                self._take(await client.kc.get_iopub_msg(timeout=0.02))
            if not self.asked.empty():
                code = self.asked.get()
                if code is None:
                    return
                nb.cells.append(nbformat.v4.new_code_cell(code))
                await client.async_execute_cell(nb.cells[-1], len(nb.cells) - 1)
                self._look(client, nb.cells)
                self.answers.put([o.data["text/plain"] for o in nb.cells[-1].outputs if "data" in o])

    def _look(self, client, cells):
        """Find the widget that was shown last."""
        views = [o.data[VIEW] for cell in cells for o in cell.outputs if VIEW in o.get("data", {})]
        shown = views[-1]["model_id"] if views else None
        if shown != self.model_id:
            self.model_id, self.state = shown, client.widget_state.get(shown)

    def _take(self, message):
        content = message["content"]
        if message["msg_type"] == "comm_msg" and content["comm_id"] == self.model_id:
            buffers = [base64.b64encode(bytes(each)).decode() for each in message.get("buffers", [])]
            self.from_kernel.append((content["data"], buffers))

    def run(self, code):
        """Run one more cell, and return the value of its last line, as text."""
        self.asked.put(code)
        found = self._wait()
        return found[-1] if found else None

    def show(self, page):
        """Show the widget that a cell has shown last in a page."""
        page.expose_binding(
            "toKernel", lambda _, data, texts: self.sent.put((data, [base64.b64decode(t) for t in texts]))
        )
        state = {name: value for name, value in self.state.items() if name not in ("_esm", "_css")}
        page.evaluate(HOST, [self.state["_esm"], self.state["_css"], state])

    def carry(self, page, seconds=0.5):
        """Let the page and the kernel talk for so long."""
        for _ in range(max(1, round(seconds / 0.05))):
            page.wait_for_timeout(50)
            while self.from_kernel:
                page.evaluate("([data, texts]) => fromKernel(data, texts)", list(self.from_kernel.pop(0)))

    def close(self):
        self.asked.put(None)
        self.thread.join(30)
