"""What a door refuses before any room is asked, and the alarm when a session stands elsewhere than its token."""

from infra.errors import Conflict, Forbidden, NotFound, Unavailable


class TenantUnknown(NotFound):
    """No firm of that name or id."""

    code = "tenant.not_found"
    zh = "找不到该代账公司。"
    en = "No such firm."


class TenantSuspended(Forbidden):
    """The firm is suspended by its operator; its data stay and can be exported."""

    code = "tenant.suspended"
    zh = "该代账公司已停用。"
    en = "This firm is suspended."


class TenantUpgrading(Unavailable):
    """The firm's schema is not at the revision this code speaks."""

    code = "tenant.upgrading"
    zh = "数据正在升级，请稍后再试。"
    en = "The firm's data are being upgraded; try again shortly."


class TenantNameTaken(Conflict):
    """Another firm owns the short name."""

    code = "tenant.name_taken"
    zh = "简称 {short_name} 已被使用。"
    en = "The short name {short_name} is taken."


class CellFull(Conflict):
    """The cell holds as many firms as it may (performance.md: planned 300, refused beyond 500)."""

    code = "quota.cell"
    zh = "数据单元 {cell} 已满（上限 {limit} 家）。"
    en = "Cell {cell} is full (limit {limit} firms)."


class Busy(Unavailable):
    """Locks or a deadlock stood in the way three times."""

    code = "database.busy"
    zh = "系统繁忙，请稍后再试。"
    en = "The database is busy; try again shortly."


class Tripped(RuntimeError):
    """A session is not, or no longer, in the transaction of the firm its token opened: a defect, never a refusal."""
