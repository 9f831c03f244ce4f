"""Words of verification: what can be wrong with a log, and the report on one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MOST = 100
"""How many findings a report names; it counts all."""

CODES = {
    "line.altered": ("日志内容与哈希不符", "A line is not what was hashed"),
    "line.order": ("日志序号不连续", "The places of a chain have a gap or a repeat"),
    "line.link": ("日志未接在前一条之后", "A line does not follow the line before it"),
    "line.time": ("日志时间倒退", "A line is older than the line before it"),
    "line.backdated": ("日志时间早于此前的检查点", "A line is older than a checkpoint made before it was written"),
    "chain.head": ("链头与最后一条日志不符", "A head is not the last line of its chain"),
    "chain.short": ("检查点证明过的日志已不存在", "A chain ends before what a checkpoint has seen"),
    "chain.rewritten": ("日志与检查点不符", "A line is not the one a checkpoint has seen"),
    "book.missing": ("日志所属的账套已不存在", "A chain's book is gone"),
    "book.exchanged": (
        "账套标识与其首条日志（建账）不符",
        "A book is not the one that the first line of its chain opened",
    ),
    "book.unopened": (
        "账套的日志不以建账开始，或没有日志",
        "A book's chain does not begin with its opening, or there is none",
    ),
    "book.twice": ("两条链的首条日志是同一账套的建账", "Two chains begin with the opening of the same book"),
    "checkpoint.missing": ("检查点缺失", "A checkpoint is missing"),
    "checkpoint.replaced": ("检查点被覆盖或删除", "A checkpoint was written over or hidden"),
    "checkpoint.unreadable": ("检查点无法读取", "A checkpoint cannot be read"),
    "checkpoint.signature": ("检查点签名无效", "A checkpoint is not signed by its owner"),
    "checkpoint.place": ("检查点编号或归属不符", "A checkpoint says another number or owner"),
    "checkpoint.previous": ("检查点未接在前一个之后", "A checkpoint does not follow the one before it"),
    "checkpoint.root": ("检查点的根与叶不符", "The root of a checkpoint is not that of its leaves"),
    "checkpoint.back": ("检查点倒退", "A checkpoint has seen less than the one before it"),
    "checkpoint.index": ("数据库中的检查点目录不符", "The database's index of checkpoints differs from the store"),
    "checkpoint.cell": ("与全局检查点不符", "A checkpoint is not the one the cell's checkpoint has seen"),
    "checkpoint.stale": ("超过 75 分钟未签发检查点", "Lines older than 75 minutes are under no checkpoint"),
    "keys.missing": ("机构密钥缺失，检查点签名无法核对", "The firm's keys are missing: no signature could be checked"),
    "firm.missing": (
        "检查点见证过的机构已不在登记中或被隐去",
        "A firm that checkpoints have seen is not in the registry, or hidden in it",
    ),
    "firm.upgrading": ("机构正在升级，未能核对", "The firm is being upgraded and could not be verified now"),
    "clock.ahead": ("日志或检查点的时间在未来", "A line or a checkpoint lies in the future"),
}


@dataclass(slots=True)
class Report:
    """What was looked at in one firm's log, or in a cell's checkpoints, and what was found."""

    subject: str
    lines: int = 0
    chains: int = 0
    checkpoints: int = 0
    shredded: bool = False
    """Whether the firm's keys were destroyed, so that its signatures rest on the cell's checkpoints alone."""
    count: int = 0
    findings: list[tuple[str, str]] = field(default_factory=list)

    def found(self, code: str, what: object) -> None:
        """Add a finding."""
        self.count += 1
        if len(self.findings) < MOST:
            self.findings.append((code, str(what)))

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.count

    @property
    def codes(self) -> set[str]:
        """The codes of the findings named."""
        return {code for code, _ in self.findings}

    def as_json(self) -> dict[str, Any]:
        """The report as the command prints it."""
        named = [{"code": c, "zh": CODES[c][0], "en": CODES[c][1], "subject": subject} for c, subject in self.findings]
        return {
            "subject": self.subject,
            "sound": self.sound,
            "shredded": self.shredded,
            "lines": self.lines,
            "chains": self.chains,
            "checkpoints": self.checkpoints,
            "count": self.count,
            "findings": named,
        }
