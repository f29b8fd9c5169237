"""A terraform in this process over a world that is a dictionary: for machines that kill thousands of runs.

It leaves the same files, says the same lines and answers the same commands as the real one, as far as deploy and
recover look at them; everything of the toolkit above the process is the product's own.
"""

from __future__ import annotations

import enum
import json
import os
import re
import time
import zipfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from studyctl.adapters.terraform import process, runs
from studyctl.adapters.terraform.commands import Answer, Option
from studyctl.adapters.terraform.interrupts import Interrupts
from studyctl.adapters.terraform.process import Ending
from studyctl.adapters.terraform.recorder import ERRORED_STATE, started_at, write_json
from studyctl.adapters.terraform.runner import Runner
from studyctl.domain.events import Event
from studyctl.domain.import_ids import type_of
from studyctl.domain.patience import Patience
from studyctl.domain.progress import Progress
from studyctl.domain.recovery import IMPORTS_FILE
from studyctl.domain.run import Operation
from studyctl.domain.workspace import Workspace

LINEAGE = "the one lineage"
DATE = "2026-11-22T12:00:00Z"


class Killed(BaseException):
    """The toolkit's own process ends here."""


class Blow(enum.Enum):
    """What befalls an apply."""

    NONE = "nothing"
    TERRAFORM_KILLED = "terraform is killed"
    EVERYTHING_KILLED = "command, recorder and terraform are killed"
    COMMAND_KILLED = "the command is killed, terraform goes on to its end"
    COMMAND_KILLED_EARLY = "the command is killed, and terraform is still at work when others come"
    DENIED = "one creation is denied"
    ANSWER_LOST = "the answer to one creation is lost"
    STATE_DENIED = "the state cannot be stored"
    UNLOCK_DENIED = "the lock cannot be given back"


@dataclass(frozen=True)
class Strike:
    """A blow, and at which of the moments of an apply; each call and each write is one."""

    blow: Blow
    moment: int = 0


@dataclass
class Account:
    """Everything outside: what really exists, the state, the lock, and what the configuration asks for."""

    wanted: set[str] = field(default_factory=set)
    real: dict[str, str] = field(default_factory=dict)
    """Address by identity."""
    serial: int = 0
    stored: dict[str, str] | None = None
    """Identity by address; None: there is no state."""
    lock: dict[str, str] | None = None
    made: int = 0
    applying: int = 0

    def make(self, address: str) -> str:
        """Make what is at an address; a role has its name for identity, everything else a new one."""
        self.made += 1
        identity = name_of(address) if is_named(address) else f"id-{self.made}"
        assert identity not in self.real, f"{address} was made twice"
        self.real[identity] = address
        return identity

    def store(self, instances: Mapping[str, str]) -> None:
        """Store a state."""
        self.serial += 1
        self.stored = dict(instances)

    def state_json(self, instances: Mapping[str, str], serial: int) -> dict[str, Any]:
        """A state as terraform writes it."""
        resources = [
            {
                "mode": "managed",
                "type": type_of(address),
                "name": address.rpartition(".")[2],
                "instances": [{"attributes": {"id": identity}}],
            }
            for address, identity in sorted(instances.items())
        ]
        head = {"version": 4, "terraform_version": "1.11.4", "serial": serial, "lineage": LINEAGE, "outputs": {}}
        return {**head, "resources": resources}


def name_of(address: str) -> str:
    """The name that the configuration gives to what is at an address."""
    return f"study-{address.rpartition('.')[2]}"


def is_named(address: str) -> bool:
    """Whether it can be found by a name that is known before it is made."""
    return type_of(address) == "aws_iam_role"


class ModelRunner(Runner):
    """Plays terraform for one machine."""

    def __init__(self, account: Account, holder: str, interrupts: Interrupts) -> None:
        super().__init__(("terraform",), {}, {}, interrupts, Patience())
        self._account = account
        self._holder = holder
        self.strike = Strike(Blow.NONE)
        self.paused: Callable[[], None] | None = None
        """Lets a terraform that outlived its command come to its end."""

    def init(self, workspace: Workspace) -> None:
        """Nothing is to be installed."""
        workspace.data_dir.mkdir(parents=True, exist_ok=True)

    def write_settings(self, workspace: Workspace) -> Path:
        """Nothing is configured."""
        return workspace.build / "terraform.rc"

    def supervise(
        self,
        workspace: Workspace,
        run_id: str,
        operation: Operation,
        line: Sequence[str],
        on_event: Callable[[Event, Progress], None] | None,
    ) -> Ending:
        """Play one operation into a folder as the recorder leaves it, then let the follower read it."""
        # not by the link of a recovery's folder: a kill leaves that folder, the exception that plays it here does not
        folder = runs.new_folder(workspace, run_id, operation).resolve()
        run = _Run(self._account, self._holder, folder, operation, tuple(line))
        run.begin(is_alive=False)
        if operation is Operation.PLAN:
            run.end(self._plan(run, workspace, line))
        else:
            self._apply(run, Path(line[-1]))
        return process.pick_up(folder, self._interrupts, on_event)

    def ask(self, workspace: Workspace, command: str, *arguments: str | Path, **options: Option) -> Answer:
        """Answer a short command."""
        account = self._account
        match command:
            case "state pull":
                pulled = account.stored
                return Answer(0, "" if pulled is None else json.dumps(account.state_json(pulled, account.serial)), "")
            case "state push":
                pushed = json.loads(Path(arguments[0]).read_text())
                assert pushed["serial"] > account.serial, "terraform refuses an older state"
                found = {f"{r['type']}.{r['name']}": r["instances"][0]["attributes"]["id"] for r in pushed["resources"]}
                account.stored, account.serial = found, pushed["serial"]
            case "state rm":
                assert account.stored is not None
                account.store({key: value for key, value in account.stored.items() if key != str(arguments[0])})
            case "force-unlock":
                assert account.lock is not None and account.lock["ID"] == arguments[0]
                account.lock = None
            case "show":
                return Answer(0, _plan_content(Path(arguments[0])), "")
            case _:
                raise AssertionError(command)
        return Answer(0, "", "")

    def _plan(self, run: _Run, workspace: Workspace, line: Sequence[str]) -> int:
        account = self._account
        if not run.takes_lock("OperationTypePlan"):
            return 1
        account.lock = None  # a plan gives it back whatever it finds
        targets = {word.removeprefix("-target=") for word in line if word.startswith("-target=")}
        imports = _imports(workspace)
        state = account.stored or {}
        changes, is_bad = [], False
        for address in sorted(account.wanted | state.keys() | imports.keys()):
            if targets and address not in targets:
                continue
            identity = state.get(address)
            if address in imports and identity is None:
                if account.real.get(imports[address]) != address:
                    run.error("Cannot import non-existent remote object", imports[address], address)
                    is_bad = True
                changes.append(_change(address, "no-op", importing=imports[address]))
            elif address in account.wanted and (identity is None or identity not in account.real):
                changes.append(_change(address, "create"))
            elif address not in account.wanted:
                changes.append(_change(address, "delete"))
        if is_bad:
            return 1
        out = next(Path(word.removeprefix("-out=")) for word in line if word.startswith("-out="))
        content = {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": changes}
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("plan", json.dumps({**content, "serial": account.serial}))
        run.emit("change_summary", changes={"add": len(changes), "change": 0, "remove": 0, "operation": "plan"})
        return 2 if changes else 0

    def _apply(self, run: _Run, plan: Path) -> None:
        strike, self.strike = self.strike, Strike(Blow.NONE)
        moments = self._moments(run, json.loads(_plan_content(plan)), strike)
        if strike.blow not in _MORTAL:
            for _ in moments:
                pass
            return
        survivor = strike.blow in (Blow.COMMAND_KILLED, Blow.COMMAND_KILLED_EARLY)
        for number, _ in enumerate(moments):
            if number == strike.moment:
                break
        else:
            return  # it was quicker than the kill
        if survivor:
            if strike.blow is Blow.COMMAND_KILLED_EARLY:
                run.begin(is_alive=True)
                self.paused = lambda: self._go_on(run, moments)
            else:
                for _ in moments:
                    pass
            raise Killed
        moments.close()
        self._account.applying = 0
        if strike.blow is Blow.TERRAFORM_KILLED:
            run.end(137, signal=9)
        else:
            raise Killed

    def _go_on(self, run: _Run, moments: Iterator[None]) -> None:
        self.paused = None
        try:
            for _ in moments:
                pass
        finally:
            run.begin(is_alive=False)  # whoever follows it would wait for ever for one that came to nothing

    def _moments(self, run: _Run, plan: Mapping[str, Any], strike: Strike) -> Generator[None, None, None]:
        """Do an apply, one yield before each thing that a kill can come between."""
        account = self._account
        if not run.takes_lock("OperationTypeApply"):
            run.end(1)
            return
        if plan["serial"] != account.serial:
            account.lock = None
            run.error("Saved plan is stale", "the state was changed since")
            run.end(1)
            return
        account.applying += 1
        assert account.applying == 1, "two applies at once"
        yield
        memory, failed = dict(account.stored or {}), False
        for number, change in enumerate(plan["resource_changes"]):
            yield from self._one(run, change, memory, strike if number == strike.moment % 3 else Strike(Blow.NONE))
            failed = failed or run.has_failed
            if number % 2:
                account.store(memory)  # as terraform does every 20 seconds
        yield
        if strike.blow is Blow.STATE_DENIED:
            left = account.state_json(memory, account.serial + 1)
            write_json(str(run.folder / ERRORED_STATE), left)
            run.error("Failed to persist state to backend", "AccessDenied")
            failed = True
        else:
            account.store(memory)
        yield
        if strike.blow is Blow.UNLOCK_DENIED:
            run.error("Error releasing the state lock", "AccessDenied")
            failed = True
        else:
            account.lock = None
        account.applying = 0
        yield
        if not failed:
            run.emit("change_summary", changes={"add": 1, "change": 0, "remove": 0, "operation": "apply"})
        kept = str(run.folder / ERRORED_STATE) if strike.blow is Blow.STATE_DENIED else None
        run.end(1 if failed else 0, errored_state=kept)

    def _one(self, run: _Run, change: Mapping[str, Any], memory: dict[str, str], strike: Strike) -> Iterator[None]:
        account, address = self._account, change["address"]
        (action,) = change["change"]["actions"]
        if "importing" in change["change"]:
            memory[address] = change["change"]["importing"]["id"]
            return
        run.emit("apply_start", hook=run.hook(address, action))
        yield
        if action == "delete":
            account.real.pop(memory.pop(address), None)
            run.emit("apply_complete", hook=run.hook(address, action, id_value=""))
            return
        if strike.blow is Blow.DENIED or (is_named(address) and name_of(address) in account.real):
            why = "AccessDenied" if strike.blow is Blow.DENIED else "EntityAlreadyExists"
            run.emit("apply_errored", hook=run.hook(address, action))
            run.error("creating", why, address)
            return
        identity = account.make(address)
        yield
        if strike.blow is Blow.ANSWER_LOST:
            run.emit("apply_errored", hook=run.hook(address, action))
            run.error("creating", "StatusCode: 0, request send failed, unexpected EOF", address)
            return
        memory[address] = identity
        run.emit("apply_complete", hook=run.hook(address, action, id_value=identity))
        yield


_MORTAL = {Blow.TERRAFORM_KILLED, Blow.EVERYTHING_KILLED, Blow.COMMAND_KILLED, Blow.COMMAND_KILLED_EARLY}


@dataclass
class _Run:
    """One run's folder."""

    account: Account
    holder: str
    folder: Path
    operation: Operation
    argv: tuple[str, ...]
    started: float = field(default_factory=time.time)
    has_failed: bool = False

    def begin(self, *, is_alive: bool) -> None:
        pid = os.getpid() if is_alive else 1
        identity = {"pid": pid, "process_started": started_at(pid) if is_alive else "long gone"}
        order = {"operation": self.operation.value, "argv": list(self.argv), "started_at": self.started}
        write_json(str(self.folder / runs.RUN_FILE), {**order, **identity})

    def end(self, code: int, *, signal: int = 0, errored_state: str | None = None) -> None:
        result = {"exit_code": code, "signal": signal, "finished_at": time.time(), "errored_state": errored_state}
        write_json(str(self.folder / runs.RESULT_FILE), result)

    def emit(self, kind: str, **content: object) -> None:
        with (self.folder / "stream.jsonl").open("a") as stream:
            stream.write(json.dumps({"@timestamp": _now(), "type": kind, **content}) + "\n")

    def error(self, summary: str, detail: str, address: str = "") -> None:
        self.has_failed = True
        diagnostic = {"severity": "error", "summary": summary, "detail": detail, "address": address}
        self.emit("diagnostic", diagnostic=diagnostic)

    def hook(self, address: str, action: str, **more: str) -> dict[str, object]:
        return {"resource": {"addr": address}, "action": action, "elapsed_seconds": 0, **more}

    def takes_lock(self, operation: str) -> bool:
        held = self.account.lock
        if held is not None:
            fields = "".join(f"  {name}: {held[name]}\n" for name in ("ID", "Path", "Operation", "Who", "Created"))
            self.error("Error acquiring the state lock", f"StatusCode: 412\nLock Info:\n{fields}")
            return False
        info = {"ID": f"lock-{time.time_ns()}", "Path": "states/dev", "Operation": operation, "Version": "1.11.4"}
        self.account.lock = {**info, "Who": self.holder, "Created": _now()}
        self.emit("refresh_start", hook={"resource": {"addr": "data.x.y"}})
        return True


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _plan_content(plan: Path) -> str:
    with zipfile.ZipFile(plan) as archive:
        return archive.read("plan").decode()


def _imports(workspace: Workspace) -> dict[str, str]:
    try:
        text = (workspace.root / IMPORTS_FILE).read_text()
    except FileNotFoundError:
        return {}
    return dict(re.findall(r'to = (\S+)\n  id = "([^"]+)"', text))


def _change(address: str, action: str, importing: str = "") -> dict[str, Any]:
    after = {"name": name_of(address)}
    change: dict[str, Any] = {
        "actions": [action],
        "before": None if action == "create" else after,
        "after": None if action == "delete" else after,
        "after_unknown": {},
        "before_sensitive": {},
        "after_sensitive": {},
    }
    if importing:
        change["importing"] = {"id": importing}
    provider = "registry.terraform.io/hashicorp/aws"
    head = {"address": address, "mode": "managed", "type": type_of(address), "name": address.rpartition(".")[2]}
    return {**head, "provider_name": provider, "change": change}
