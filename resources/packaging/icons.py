"""The application's icon in every size and form that the systems want, drawn from resources/icons/fastpath.svg.

``python -m resources.packaging.icons FOLDER`` with a Python that has PySide6; the two containers (Windows' and
Apple's) are PNG pictures one after another.
"""

import struct
import sys
from pathlib import Path

from resources.packaging.plan import ROOT

DRAWN = ROOT / "resources" / "icons" / "fastpath.svg"
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512, 1024)
_IN_ICO = (16, 24, 32, 48, 64, 128, 256)
_IN_ICNS = {b"icp4": 16, b"icp5": 32, b"icp6": 64, b"ic07": 128, b"ic08": 256, b"ic09": 512, b"ic10": 1024}


def draw(folder: Path) -> None:
    """Writes fastpath-SIZE.png, fastpath.ico and fastpath.icns into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {size: _png(size) for size in SIZES}
    for size, picture in pictures.items():
        (folder / f"fastpath-{size}.png").write_bytes(picture)
    (folder / "fastpath.ico").write_bytes(ico({size: pictures[size] for size in _IN_ICO}))
    (folder / "fastpath.icns").write_bytes(icns({kind: pictures[size] for kind, size in _IN_ICNS.items()}))


def ico(pictures: dict[int, bytes]) -> bytes:
    """Windows' container: a header, an entry of 16 bytes for each picture, the pictures."""
    entries, at = b"", 6 + 16 * len(pictures)
    for size, picture in pictures.items():
        side = size % 256  # 256 is written as 0
        entries += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(picture), at)
        at += len(picture)
    return struct.pack("<HHH", 0, 1, len(pictures)) + entries + b"".join(pictures.values())


def icns(pictures: dict[bytes, bytes]) -> bytes:
    """Apple's container: each picture after its kind and length."""
    parts = b"".join(kind + struct.pack(">I", 8 + len(picture)) + picture for kind, picture in pictures.items())
    return b"icns" + struct.pack(">I", 8 + len(parts)) + parts


def _png(size: int) -> bytes:
    from PySide6.QtCore import QBuffer, QIODevice, Qt
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(DRAWN)).render(painter)
    painter.end()
    written = QBuffer()
    written.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(written, "PNG")  # type: ignore[call-overload]  # bytes, says the stub; text, says the library
    return bytes(written.data().data())


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
