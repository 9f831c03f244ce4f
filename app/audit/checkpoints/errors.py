"""What a checkpoint refuses."""

from infra.errors import Conflict


class HistoryChanged(Conflict):
    """The chains do not go on from the newest checkpoint: somebody rewrote the log, or an older state was restored."""

    code = "audit.history_changed"
    zh = "操作日志与第 {number} 个检查点不连续（链 {chain}），拒绝签发新的检查点。请立即核查。"
    en = "The log does not go on from checkpoint {number} (chain {chain}); no new one is signed. Look into it now."
