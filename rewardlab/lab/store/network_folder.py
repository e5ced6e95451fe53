"""Whether a folder lies on the network, where SQLite's locks and shared memory cannot be trusted."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["network_file_system"]

_NETWORK = re.compile(
    r"(fuse\.)?(9p|afs|beegfs|ceph|cephfs|cifs|coda|curlftpfs|davfs2?|glusterfs|gcsfuse|gpfs|juicefs|lustre|ncpfs|nfs4?"
    r"|orangefs|panfs|pvfs2|rclone|s3fs|smb3|smbfs|sshfs|wekafs)"
)
"""Names of file systems as the kernel writes them; SQLite's own advice: https://www.sqlite.org/faq.html#q5."""


def network_file_system(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """The kind of network file system that a path lies on, such as ``nfs4``; empty if it is local.

    Args:
        path: A file or folder, whether or not it exists.
        mounts: What is mounted where, as Linux tells it. Where there is no such file, nothing is known, and the answer
            is empty.
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    place = path.absolute().resolve()
    kind, depth = "", -1
    for line in lines:
        before, _, after = line.partition(" - ")
        point = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), before.split(" ")[4]))
        # Of two mounts at one point, the later hides the earlier.
        if (point == place or point in place.parents) and len(point.parts) >= depth:
            kind, depth = after.split(" ")[0], len(point.parts)
    return kind if _NETWORK.fullmatch(kind) else ""
